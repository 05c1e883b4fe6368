//! Bars side by side, up and down from nought.

use std::fmt::Write;

use bellwether_texts::Locale;

use super::lines::escaped;
use super::scale::{short_amount, ticks};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 240.0;
/// Below it stand the names.
const FLOOR: f64 = 214.0;
const CEILING: f64 = 10.0;
const TICKS: u32 = 4;
/// A bar is no broader than this, however few there are.
const BROADEST: f64 = 40.0;
/// A name needs so much room.
const NAME: f64 = 52.0;

/// A part of a bar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    /// Up from nought, or down.
    pub(crate) amount: f64,
    /// The style sheet's name of its colour.
    pub(crate) fill: &'static str,
}

/// Parts on top of each other, those that go down below nought.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) parts: Vec<Part>,
    /// All of it in words.
    pub(crate) title: String,
}

/// The SVG of bars, or nothing when there are none.
pub(crate) fn bars(locale: Locale, bars: &[Bar], summary: &str) -> String {
    let reach = |sign: f64| {
        let sum = |bar: &Bar| bar.parts.iter().map(|part| (part.amount * sign).max(0.0)).sum::<f64>();
        bars.iter().map(sum).fold(0.0, f64::max)
    };
    let (high, low) = (reach(1.0), -reach(-1.0));
    if bars.is_empty() || high <= low {
        return String::new();
    }
    let y = |value: f64| FLOOR - (value - low) / (high - low) * (FLOOR - CEILING);
    let place = WIDTH / bars.len() as f64;
    let broad = (place * 0.72).min(BROADEST);
    let mut svg = String::with_capacity(240 * bars.len() + 600);
    // Writing to a String cannot fail.
    let _ = write!(
        svg,
        r#"<svg class="bar-chart" viewBox="0 0 760 240" role="img" aria-label="{}">"#,
        escaped(summary)
    );
    for tick in ticks(low, high, TICKS) {
        let _ = write!(
            svg,
            r#"<line class="grid" x1="0" x2="{WIDTH}" y1="{0:.1}" y2="{0:.1}"/><text class="tick" x="758" y="{1:.1}" text-anchor="end">{2}</text>"#,
            y(tick),
            y(tick) - 4.0,
            short_amount(locale, tick)
        );
    }
    let every = (NAME / place).ceil().max(1.0) as usize;
    for (at, bar) in bars.iter().enumerate() {
        let middle = (at as f64 + 0.5) * place;
        let _ = write!(svg, "<g><title>{}</title>", escaped(&bar.title));
        let (mut up, mut down) = (0.0, 0.0);
        for part in &bar.parts {
            let from = if part.amount >= 0.0 { &mut up } else { &mut down };
            let to = *from + part.amount;
            let (top, bottom) = (y(to.max(*from)), y(to.min(*from)));
            let _ = write!(
                svg,
                r#"<rect class="{}" x="{:.1}" y="{top:.1}" width="{broad:.1}" height="{:.1}"/>"#,
                part.fill,
                middle - broad / 2.0,
                bottom - top
            );
            *from = to;
        }
        svg.push_str("</g>");
        if at % every == 0 {
            let _ = write!(
                svg,
                r#"<text class="tick" x="{middle:.1}" y="{:.0}" text-anchor="middle">{}</text>"#,
                HEIGHT - 6.0,
                escaped(&bar.name)
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(name: &str, amounts: &[f64]) -> Bar {
        let part = |amount: &f64| Part { amount: *amount, fill: "b-in" };
        Bar { name: name.to_owned(), parts: amounts.iter().map(part).collect(), title: name.to_owned() }
    }

    fn heights(svg: &str) -> Vec<(f64, f64)> {
        let number = |rect: &str, name: &str| {
            let after = rect.split(&format!("{name}=\"")).nth(1).expect("the attribute");
            after.split('"').next().expect("its end").parse().expect("a number")
        };
        svg.split("<rect").skip(1).map(|rect| (number(rect, " y"), number(rect, "height"))).collect()
    }

    #[test]
    fn what_comes_stands_above_nought_and_what_goes_below() {
        let svg = bars(Locale::english(), &[bar("Jan", &[30.0, -10.0])], "x");
        // Forty make up the 204 between floor and ceiling.
        assert_eq!(heights(&svg), [(10.0, 153.0), (163.0, 51.0)]);
    }

    #[test]
    fn parts_stand_on_each_other() {
        let svg = bars(Locale::english(), &[bar("Jan", &[10.0, 30.0])], "x");
        assert_eq!(heights(&svg), [(163.0, 51.0), (10.0, 153.0)]);
    }

    #[test]
    fn nothing_is_drawn_from_nothing() {
        assert_eq!(bars(Locale::english(), &[], "x"), "");
        assert_eq!(bars(Locale::english(), &[bar("Jan", &[0.0])], "x"), "");
    }

    #[test]
    fn names_do_not_stand_on_each_other() {
        let many: Vec<Bar> = (0..60).map(|_| bar("Jan", &[1.0])).collect();
        assert_eq!(bars(Locale::english(), &many, "x").matches("Jan</text>").count(), 12);
    }
}
