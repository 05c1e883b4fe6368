//! Cookies, crumbs and the pages that stand before them.

use std::collections::HashMap;

use crate::answer::{Answer, HTML, TEXT, not_found_page, refusal, too_many_requests};
use crate::ask::Ask;
use crate::config::{Behaviour, ConsentMode, CrumbRules};
use crate::market::mix;

/// The cookies that were given out, and the crumb of each.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    crumbs: HashMap<String, Option<Crumb>>,
    issued: u64,
}

#[derive(Debug, Clone)]
struct Crumb {
    text: String,
    user_agent: String,
    issued_at: i64,
    uses: u32,
}

/// Attributes of the session cookie. `Secure` is left out because this server speaks plain HTTP.
const A3_ATTRIBUTES: &str = "Max-Age=31557600; Path=/; SameSite=Lax; HttpOnly";
const PAGE: &str = "<html><head><title>Yahoo Finance</title></head></html>";
const CACHE_CRUMB: &str = "private, max-age=60, stale-while-revalidate=30";

impl Sessions {
    /// The page that sets the cookie, whatever its status says.
    pub(crate) fn cookie_page(&mut self, behaviour: &Behaviour, seed: u64) -> Answer {
        let cookie = self.new_cookie(seed);
        Answer::new(
            behaviour.cookie_status,
            HTML,
            "<html><head><title>Yahoo</title></head><body></body></html>",
        )
        .header("set-cookie", cookie)
    }

    /// `getcrumb`. The second value tells whether a crumb was given out.
    pub(crate) fn crumb(&mut self, ask: &Ask, rules: &CrumbRules, seed: u64, now: i64) -> (Answer, bool) {
        if rules.throttled {
            return (too_many_requests(), false);
        }
        let Some(kept) = ask.session.as_ref().and_then(|session| self.crumbs.get_mut(session)) else {
            let answer = if rules.invalid_cookie_text {
                Answer::new(200, TEXT, "Invalid Cookie")
            } else {
                refusal("finance", 401, "Unauthorized", "Invalid Cookie")
            };
            return (answer, false);
        };
        if kept.as_ref().is_none_or(|crumb| !crumb.is_good(rules, &ask.user_agent, now)) {
            self.issued += 1;
            let text = crumb_text(mix(seed ^ 0x6372_756d, self.issued));
            *kept = Some(Crumb { text, user_agent: ask.user_agent.clone(), issued_at: now, uses: 0 });
        }
        let text = kept.as_ref().map(|crumb| crumb.text.clone()).unwrap_or_default();
        (Answer::new(200, TEXT, text).cached(CACHE_CRUMB), true)
    }

    /// Whether cookie and crumb open an authenticated endpoint.
    ///
    /// # Errors
    /// The answer that is sent instead.
    pub(crate) fn check(&mut self, ask: &Ask, rules: &CrumbRules, now: i64) -> Result<(), Box<Answer>> {
        let refuse = |text| Err(Box::new(refusal("finance", 401, "Unauthorized", text)));
        let (Some(given), Some(session)) = (ask.parameter("crumb"), &ask.session) else {
            return refuse(
                "User is unable to access this feature - https://bit.ly/yahoo-finance-api-feedback",
            );
        };
        match self.crumbs.get_mut(session).and_then(Option::as_mut) {
            Some(crumb) if crumb.text == given && crumb.is_good(rules, &ask.user_agent, now) => {
                crumb.uses += 1;
                Ok(())
            }
            _ => refuse("Invalid Crumb"),
        }
    }

    /// Makes every crumb invalid; the cookies stay.
    pub(crate) fn expire_crumbs(&mut self) {
        self.crumbs.values_mut().for_each(|crumb| *crumb = None);
    }

    /// A page of finance.yahoo.com: with its cookie, or with a consent in between.
    pub(crate) fn page(&mut self, ask: &Ask, behaviour: &Behaviour, seed: u64) -> Answer {
        let back = format!("{}{}", ask.origin, ask.path);
        match behaviour.consent {
            ConsentMode::None => Answer::new(200, HTML, PAGE).header("set-cookie", self.new_cookie(seed)),
            _ if ask.session.as_ref().is_some_and(|session| self.crumbs.contains_key(session)) => {
                if ask.parameter("guccounter").is_some() {
                    Answer::new(301, HTML, "").header("location", format!("{}/", back.trim_end_matches('/')))
                } else {
                    Answer::new(200, HTML, PAGE)
                }
            }
            _ => {
                let done = percent_encoding::utf8_percent_encode(&back, percent_encoding::NON_ALPHANUMERIC);
                Answer::new(307, HTML, "")
                    .header("location", format!("{}/guce/consent?brandType=nonEu&done={done}", ask.origin))
                    .header("set-cookie", "GUCS=opaque; Max-Age=1800; Path=/")
                    .cached("no-store")
            }
        }
    }

    /// The pages of the guce and consent hosts.
    pub(crate) fn consent(&mut self, ask: &Ask, behaviour: &Behaviour, seed: u64, form: &str) -> Answer {
        let origin = &ask.origin;
        let done = || ask.parameter("done").unwrap_or_else(|| format!("{origin}/quote/AAPL"));
        match (behaviour.consent, ask.path.as_str(), ask.method.as_str()) {
            (ConsentMode::Form, "/guce/consent", _) => Answer::new(302, HTML, "")
                .header("location", format!("{origin}/consent/collectConsent?sessionId=session")),
            (ConsentMode::Bounce, "/guce/consent", _) => self.consented(&done(), seed),
            (ConsentMode::Form, "/consent/collectConsent", "POST") => {
                let answered = ["agree", "reject"].iter().any(|button| form.contains(&format!("{button}=")));
                if !answered || !form.contains("csrfToken=csrf") {
                    return Answer::new(400, HTML, "<html><body><p>Bad Request</p></body></html>");
                }
                Answer::new(302, HTML, "")
                    .header("location", format!("{origin}/guce/copyConsent?sessionId=session&lang=en-GB"))
                    .header("set-cookie", "CFC=opaque; Path=/")
            }
            (ConsentMode::Form, "/consent/collectConsent", _) => {
                let page = format!(
                    "<!DOCTYPE html><html lang=\"en-GB\"><head><title>Yahoo</title></head><body>\
                     <form method=\"post\" class=\"consent-form\" action=\"\">\
                     <input type=\"hidden\" name=\"csrfToken\" value=\"csrf\">\
                     <input type=\"hidden\" name=\"sessionId\" value=\"session\">\
                     <input type=\"hidden\" name=\"originalDoneUrl\" value=\"{origin}/quote/AAPL?guccounter=1\">\
                     <input type=\"hidden\" name=\"namespace\" value=\"yahoo\">\
                     <button type=\"submit\" name=\"agree\" value=\"agree\">Accept</button>\
                     <button type=\"submit\" name=\"reject\" value=\"reject\">Reject</button>\
                     </form></body></html>"
                );
                Answer::new(200, "text/html;charset=UTF-8", page)
            }
            (ConsentMode::Form, "/guce/copyConsent", _) if ask.cookies.iter().any(|name| name == "CFC") => {
                self.consented(&done(), seed)
            }
            _ => not_found_page(),
        }
    }

    fn consented(&mut self, done: &str, seed: u64) -> Answer {
        let separator = if done.contains('?') { '&' } else { '?' };
        Answer::new(302, HTML, "")
            .header("location", format!("{done}{separator}guccounter=1"))
            .header("set-cookie", "GUC=opaque; Path=/")
            .header("set-cookie", self.new_cookie(seed))
            .header("set-cookie", "A1S=opaque; Path=/; SameSite=Lax")
            .header("set-cookie", "EuConsent=opaque; Path=/; Max-Age=86400")
            .header("set-cookie", "A1=opaque; Max-Age=31536000; Path=/; SameSite=Lax; HttpOnly")
            .header("set-cookie", "OTHD=EMPTY; Expires=Thu, 01-Jan-1970 00:00:00 GMT; Path=; HttpOnly")
    }

    fn new_cookie(&mut self, seed: u64) -> String {
        self.issued += 1;
        let value = format!("d=AQAB{:016x}&S=AQAA{:08x}", mix(seed, self.issued), self.issued);
        self.crumbs.insert(value.clone(), None);
        format!("A3={value}; {A3_ATTRIBUTES}")
    }
}

impl Crumb {
    fn is_good(&self, rules: &CrumbRules, user_agent: &str, now: i64) -> bool {
        rules.ttl_s.is_none_or(|ttl| now < self.issued_at + ttl)
            && rules.rotate_after.is_none_or(|most| self.uses < most)
            && (!rules.bind_user_agent || self.user_agent == user_agent)
    }
}

/// Eleven characters, one of which needs care in a URL.
fn crumb_text(mut bits: u64) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const AWKWARD: &[u8] = b"./~-";
    let awkward_at = (bits % 11) as usize;
    let letter = |place: usize| {
        let from = if place == awkward_at { AWKWARD } else { LETTERS };
        bits = mix(bits, place as u64);
        char::from(from[(bits % from.len() as u64) as usize])
    };
    (0..11).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crumbs_have_eleven_characters_and_one_that_must_be_encoded() {
        for number in 0..200 {
            let crumb = crumb_text(mix(1, number));
            assert_eq!(crumb.len(), 11);
            assert_eq!(crumb.chars().filter(|c| !c.is_ascii_alphanumeric()).count(), 1, "{crumb}");
        }
    }
}
