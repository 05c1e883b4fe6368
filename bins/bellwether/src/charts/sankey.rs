//! Sources and uses of money as streams through one place, as broad as they are large.

use std::fmt::Write;

use super::lines::escaped;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 340.0;
/// How broad the bars at both ends and in the middle are.
const BAR: f64 = 8.0;
/// What two lines of words need on a phone.
const WORDS: f64 = 50.0;
const GAP: f64 = 8.0;
/// The beginning of words beside a bar.
const BESIDE: f64 = 16.0;

/// A source or a use.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Flow {
    pub(crate) name: String,
    /// What it is in words.
    pub(crate) words: String,
    /// How broad it is; what is not above nought is left out.
    pub(crate) amount: f64,
    /// The style sheet's name of its colour.
    pub(crate) fill: &'static str,
}

/// Where a flow ends: the bar's top, and the room that it has for its words.
#[derive(Debug, Clone, Copy, PartialEq)]
struct End {
    top: f64,
    slot: f64,
}

/// The SVG, or nothing when nothing flows. Both sides are as large as the larger one; whoever calls makes them equal.
pub(crate) fn sankey(sources: &[Flow], uses: &[Flow], summary: &str) -> String {
    let shown = |of: &[Flow]| -> Vec<Flow> { of.iter().filter(|flow| flow.amount > 0.0).cloned().collect() };
    let (sources, uses) = (shown(sources), shown(uses));
    if sources.is_empty() || uses.is_empty() {
        return String::new();
    }
    let sum = |of: &[Flow]| of.iter().map(|flow| flow.amount).sum::<f64>();
    let scale = scale(&sources).min(scale(&uses));
    let whole = sum(&sources).max(sum(&uses)) * scale;
    let (middle, top) = ((WIDTH - BAR) / 2.0, (HEIGHT - whole) / 2.0);
    let mut svg = String::with_capacity(420 * (sources.len() + uses.len()) + 400);
    // Writing to a String cannot fail.
    let _ = write!(
        svg,
        r#"<svg class="sankey" viewBox="0 0 760 340" role="img" aria-label="{}">"#,
        escaped(summary)
    );
    let sides = [(&sources, 0.0, "start"), (&uses, WIDTH - BAR, "end")];
    for (flows, at, anchor) in sides {
        let mut inner = top;
        for (flow, end) in flows.iter().zip(ends(flows, scale)) {
            let broad = flow.amount * scale;
            let is_source = anchor == "start";
            let (from, to) = if is_source { (at + BAR, middle) } else { (at, middle + BAR) };
            let half = f64::midpoint(from, to);
            let fill = flow.fill;
            let _ = write!(
                svg,
                r#"<g><title>{name} {words}</title><path class="{fill}" d="M{from:.1} {a:.1}C{half:.1} {a:.1} {half:.1} {b:.1} {to:.1} {b:.1}V{d:.1}C{half:.1} {d:.1} {half:.1} {c:.1} {from:.1} {c:.1}Z"/><rect class="{fill}" x="{at:.1}" y="{a:.1}" width="{BAR}" height="{height:.1}" rx="1"/><text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{name}</text><text class="amount" x="{x:.1}" y="{y:.1}" dy="1.2em" text-anchor="{anchor}">{words}</text></g>"#,
                name = escaped(&flow.name),
                words = escaped(&flow.words),
                a = end.top,
                b = inner,
                c = end.top + broad,
                d = inner + broad,
                height = broad.max(1.0),
                x = if is_source { at + BESIDE } else { at - BESIDE + BAR },
                // Two lines in the middle of the room.
                y = end.top + broad.max(1.0) / 2.0 - 2.0,
            );
            inner += broad;
        }
    }
    let _ = write!(
        svg,
        r#"<rect class="f-rest" x="{middle:.1}" y="{top:.1}" width="{BAR}" height="{whole:.1}" rx="1"/></svg>"#
    );
    svg
}

/// The largest scale at which all flows of a side and their words have room.
fn scale(flows: &[Flow]) -> f64 {
    let gaps = GAP * (flows.len().saturating_sub(1)) as f64;
    let height = |scale: f64| flows.iter().map(|flow| (flow.amount * scale).max(WORDS)).sum::<f64>() + gaps;
    let sum: f64 = flows.iter().map(|flow| flow.amount).sum();
    let (mut low, mut high) = (0.0, HEIGHT / sum);
    for _ in 0..40 {
        let half = f64::midpoint(low, high);
        if height(half) <= HEIGHT { low = half } else { high = half }
    }
    low
}

/// Where the flows of a side end, one below the other in the middle of the height.
fn ends(flows: &[Flow], scale: f64) -> Vec<End> {
    let slots: Vec<f64> = flows.iter().map(|flow| (flow.amount * scale).max(WORDS)).collect();
    let gaps = GAP * (flows.len().saturating_sub(1)) as f64;
    let mut at = (HEIGHT - slots.iter().sum::<f64>() - gaps) / 2.0;
    let end = |(flow, slot): (&Flow, &f64)| {
        let end = End { top: at + (slot - flow.amount * scale) / 2.0, slot: *slot };
        at += slot + GAP;
        end
    };
    flows.iter().zip(&slots).map(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(name: &str, amount: f64) -> Flow {
        Flow { name: name.to_owned(), words: amount.to_string(), amount, fill: "f-own" }
    }

    #[test]
    fn flows_are_in_proportion_and_do_not_stand_on_each_other() {
        let flows =
            [flow("Deposit", 900.0), flow("Dividend", 90.0), flow("Interest", 0.1), flow("Sale", 10.0)];
        let (scale, ends) = (scale(&flows), ends(&flows, scale(&flows)));
        for (pair, flow) in ends.windows(2).zip(&flows) {
            assert!(pair[0].top + flow.amount * scale <= pair[1].top, "{pair:?}");
        }
        assert!(ends.iter().all(|end| end.slot >= WORDS));
        let last = ends.last().expect("an end");
        assert!(ends[0].top >= -1e-6 && last.top + last.slot / 2.0 <= HEIGHT, "{ends:?}");
    }

    #[test]
    fn nothing_is_drawn_where_nothing_flows() {
        assert_eq!(sankey(&[], &[flow("Fee", 1.0)], "x"), "");
        assert_eq!(sankey(&[flow("Deposit", 0.0)], &[flow("Fee", 1.0)], "x"), "");
    }

    #[test]
    fn words_cannot_become_markup() {
        let svg = sankey(&[flow("<b>", 1.0)], &[flow("Fee", 1.0)], "\"x\"");
        assert!(
            svg.contains("&lt;b&gt;") && svg.contains("aria-label=\"&quot;x&quot;\"") && !svg.contains("<b>")
        );
    }
}
