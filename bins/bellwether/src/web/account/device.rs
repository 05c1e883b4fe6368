//! What a session's browser is called: from what it says of itself, which is a claim and no more.

use bellwether_texts::{Locale, Sentence};

/// The mark in what it says, and its name. Those that also carry another's mark come first.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 7] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// `Firefox on Linux`.
pub(super) fn device(locale: Locale, agent: &str) -> String {
    let of = |known: &[(&str, &'static str)]| {
        known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| (*name).to_owned())
    };
    let (browser, system) = (of(&BROWSERS), of(&SYSTEMS));
    if browser.is_none() && system.is_none() {
        return locale.text("accounts.sessions.program");
    }
    let browser = browser.unwrap_or_else(|| locale.text("accounts.sessions.browser"));
    let system = system.unwrap_or_else(|| locale.text("accounts.sessions.system"));
    let sentence = Sentence::new("accounts.sessions.device").with("browser", browser).with("system", system);
    locale.say(&sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_known_by_their_marks() {
        let linux = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)";
        for (agent, expected) in [
            (format!("{linux} Chrome/130.0.0.0 Safari/537.36"), "Chrome on Linux"),
            (format!("{linux} Chrome/130.0.0.0 Safari/537.36 Edg/130.0"), "Edge on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; rv:131.0) Gecko/20100101 Firefox/131.0".to_owned(),
                "Firefox on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1".to_owned(),
                "Safari on iOS",
            ),
            ("curl/8.5.0".to_owned(), "A program"),
        ] {
            assert_eq!(device(Locale::english(), &agent), expected);
        }
        assert_eq!(device(Locale::accepted("de"), "Firefox/131.0 (X11; Linux)"), "Firefox unter Linux");
    }
}
