//! The way to a session's cookie over the pages of the web site, and through the consent that may stand before them.

use std::time::Duration;

use percent_encoding::utf8_percent_encode;
use reqwest::Url;

use super::symbols::ESCAPED;
use crate::{Family, Gateway, LoadBudget, NotAnswered, Request, Response, Site};

/// Pages from the first one to the cookie, at most; five are usual where a consent is asked for.
const MOST_PAGES: usize = 8;

/// The cookies of a session, from the web site.
///
/// Follows redirects within the service. Where a form asks for consent, everything that can be rejected is.
pub(super) async fn cookies(gateway: &Gateway, budget: &LoadBudget) -> Result<String, NotAnswered> {
    let mut jar = Jar::default();
    let mut step = Step { address: "/quote/AAPL".to_owned(), form: None };
    for _ in 0..MOST_PAGES {
        let timeout = Duration::from_secs(10);
        let request = Request {
            site: Site::Page,
            cookie: jar.header(),
            form: step.form.take(),
            ..Request::get(Family::Authenticated, step.address.clone(), timeout)
        };
        let page = gateway.ask(request, budget, |page: &Response| Ok(page.clone())).await?;
        jar.take(&page.cookies);
        if jar.has_session() {
            break;
        }
        match next(&page, &step.address) {
            Some(next) => step = next,
            None => break,
        }
    }
    let cookies = jar.header().filter(|_| jar.has_session());
    cookies.ok_or_else(|| NotAnswered::Malformed("no cookie of a session".into()))
}

/// What is asked for next.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    address: String,
    form: Option<String>,
}

fn next(page: &Response, address: &str) -> Option<Step> {
    if (300..400).contains(&page.status) {
        return page.location.clone().map(|address| Step { address, form: None });
    }
    let body = String::from_utf8_lossy(&page.body);
    let (action, form) = rejection(&body).filter(|_| page.status == 200)?;
    let address = match action.as_str() {
        "" => address.to_owned(),
        action => address
            .parse::<Url>()
            .map_or(action.to_owned(), |at| at.join(action).map_or_else(|_| action.to_owned(), Into::into)),
    };
    Some(Step { address, form: Some(form) })
}

/// Where the page's form goes to, and the form filled in: its hidden fields as they are, and the button that rejects,
/// or the one that agrees where there is no other.
fn rejection(page: &str) -> Option<(String, String)> {
    let start = page.find("<form")?;
    let form = page.get(start..)?;
    let form = form.find("</form").and_then(|end| form.get(..end)).unwrap_or(form);
    let tags: Vec<&str> = form.split('<').filter(|tag| !tag.is_empty()).collect();
    let named = |tag: &str| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()));
    let hidden = tags
        .iter()
        .filter(|tag| tag.starts_with("input") && attribute(tag, "type").as_deref() == Some("hidden"))
        .filter_map(|tag| named(tag));
    let mut fields: Vec<(String, String)> = hidden.collect();
    let buttons = tags.iter().filter(|tag| tag.starts_with("button") || tag.starts_with("input"));
    let buttons: Vec<_> = buttons.filter_map(|tag| named(tag)).collect();
    let button = |name: &str| buttons.iter().find(|(button, _)| button == name).cloned();
    fields.push(button("reject").or_else(|| button("agree"))?);
    let escaped = |text: &str| utf8_percent_encode(text, ESCAPED).to_string();
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    let action = tags.first().and_then(|tag| attribute(tag, "action")).unwrap_or_default();
    Some((action, pairs.join("&")))
}

/// The value of a tag's attribute, with its entities resolved.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let tag = tag.split('>').next()?;
    let mut rest = tag;
    loop {
        let at = rest.find(name)?;
        let before = rest.get(..at)?.chars().next_back();
        rest = rest.get(at + name.len()..)?;
        if before.is_some_and(char::is_whitespace)
            && let Some(value) = rest.trim_start().strip_prefix('=')
        {
            let value = value.trim_start();
            let quote = value.chars().next().filter(|quote| "\"'".contains(*quote));
            let value = match quote {
                Some(quote) => value.get(1..)?.split(quote).next()?,
                None => value.split(char::is_whitespace).next()?,
            };
            return Some(resolved(value));
        }
    }
}

/// Text with its character references replaced by what they stand for.
fn resolved(text: &str) -> String {
    let mut pieces = text.split('&');
    let mut resolved = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let reference = piece.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest)));
        if let Some((character, rest)) = reference {
            resolved.push(character);
            resolved.push_str(rest);
        } else {
            resolved.push('&');
            resolved.push_str(piece);
        }
    }
    resolved
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// Cookies by name, the newest value of each.
#[derive(Default)]
struct Jar(Vec<(String, String)>);

impl Jar {
    /// More than any flow sets, and less than a header may have.
    const MOST_COOKIES: usize = 20;
    const LONGEST_COOKIE: usize = 1_000;

    /// Takes `Set-Cookie` headers.
    fn take(&mut self, set: &[String]) {
        for cookie in set {
            let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            let (name, value) = (name.trim(), value.trim());
            self.0.retain(|(known, _)| known != name);
            let fits = self.0.len() < Self::MOST_COOKIES && value.len() <= Self::LONGEST_COOKIE;
            if fits && !name.is_empty() && !value.is_empty() && !is_deletion(cookie) {
                self.0.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    fn has_session(&self) -> bool {
        self.0.iter().any(|(name, _)| name == "A3")
    }

    fn header(&self) -> Option<String> {
        let pairs: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

/// A cookie that is set to expire at once, or did so long ago, is one that is taken back.
fn is_deletion(cookie: &str) -> bool {
    cookie.split(';').skip(1).any(|attribute| {
        let attribute = attribute.trim().to_ascii_lowercase();
        match attribute.split_once('=') {
            Some(("max-age", seconds)) => seconds.trim().parse::<i64>().is_ok_and(|seconds| seconds <= 0),
            Some(("expires", date)) => date.contains("1970"),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<!DOCTYPE html><html><body><p>Before you continue</p>
        <form method="post" class="consent-form" action="">
        <input type="hidden" name="csrfToken" value="a&amp;b=1">
        <input type='hidden' name='originalDoneUrl' value='https://example.org/?counter&#x3D;1'>
        <input type="text" name="comment" value="no">
        <button type="submit" class="btn" name="agree" value="agree">Yes</button>
        <button type="submit" data-name="x" name="reject" value="reject">No</button>
        </form><form><input type="hidden" name="other" value="1"></form></body></html>"#;

    #[test]
    fn everything_is_rejected_and_hidden_fields_go_back_as_they_came() {
        let form =
            "csrfToken=a%26b%3D1&originalDoneUrl=https%3A%2F%2Fexample.org%2F%3Fcounter%3D1&reject=reject";
        assert_eq!(rejection(PAGE), Some((String::new(), form.to_owned())));
        let only_yes = PAGE.replace("name=\"reject\"", "name=\"later\"");
        assert!(rejection(&only_yes).expect("a form").1.ends_with("&agree=agree"));
        for page in
            ["", "<html>", "<form", "<form><input name=", "<form action='/a'><input type=hidden name=x>"]
        {
            assert_eq!(rejection(page), None, "{page}");
        }
    }

    #[test]
    fn a_page_leads_to_its_redirect_or_to_the_target_of_its_form() {
        let page = |status, location: Option<&str>, body: &str| Response {
            status,
            location: location.map(str::to_owned),
            body: body.into(),
            ..Response::default()
        };
        let at = "https://consent.example.org/v2/collect?id=1";
        let moved = page(302, Some("https://example.org/next"), PAGE);
        let step = Step { address: "https://example.org/next".into(), form: None };
        assert_eq!(next(&moved, at), Some(step));
        assert_eq!(next(&page(302, None, PAGE), at), None);
        assert_eq!(next(&page(200, None, PAGE), at).expect("a step").address, at);
        let elsewhere = PAGE.replace("action=\"\"", "action=\"/v3/answer?a=1&amp;b=2\"");
        let step = next(&page(200, None, &elsewhere), at).expect("a step");
        assert_eq!(step.address, "https://consent.example.org/v3/answer?a=1&b=2");
        assert_eq!(next(&page(500, None, PAGE), at), None);
    }

    #[test]
    fn the_newest_cookie_of_a_name_counts_and_what_is_taken_back_is_gone() {
        let mut jar = Jar::default();
        jar.take(&["GUCS=x; Max-Age=1800".into(), "A1=1; Path=/".into(), "nonsense".into(), "=y".into()]);
        assert!(!jar.has_session());
        jar.take(&[
            "A3=d=1&S=2; Secure; HttpOnly".into(),
            "A1=2".into(),
            "GUCS=; Max-Age=0".into(),
            "OTHD=EMPTY; Expires=Thu, 01-Jan-1970 00:00:00 GMT".into(),
            format!("HUGE={}", "x".repeat(5_000)),
        ]);
        assert!(jar.has_session());
        assert_eq!(jar.header().as_deref(), Some("A3=d=1&S=2; A1=2"));
    }

    #[test]
    fn character_references_are_resolved() {
        assert_eq!(
            resolved("a&amp;b&#61;&#x3d;&lt;&unknown;&&#xFFFFFFFF;&"),
            "a&b==<&unknown;&&#xFFFFFFFF;&"
        );
    }
}
