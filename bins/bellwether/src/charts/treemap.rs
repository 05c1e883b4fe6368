//! Areas in proportion to values, coloured by what they did, on a fixed scale.

use std::fmt::Write;

use super::lines::escaped;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 340.0;
/// A day's return of so much has the deepest colour, so that today can be compared with yesterday.
pub(crate) const DEEPEST: f64 = 0.03;
const SHADES: f64 = 5.0;
/// What a name needs at least.
const NAMED: (f64, f64) = (44.0, 26.0);
/// Narrower ones have no name where the whole is small.
const WIDE: f64 = 110.0;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tile {
    pub(crate) name: String,
    /// What its area is in proportion to; what is not above nought is left out.
    pub(crate) size: f64,
    /// Its colour; `None` for grey.
    pub(crate) change: Option<f64>,
    /// The change in words.
    pub(crate) words: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// The SVG, or nothing when there is nothing to show.
pub(crate) fn treemap(tiles: &[Tile], summary: &str) -> String {
    let mut shown: Vec<&Tile> = tiles.iter().filter(|tile| tile.size > 0.0).collect();
    if shown.is_empty() {
        return String::new();
    }
    shown.sort_by(|one, other| other.size.total_cmp(&one.size));
    let whole = Place { x: 0.0, y: 0.0, width: WIDTH, height: HEIGHT };
    let sizes: Vec<f64> = shown.iter().map(|tile| tile.size).collect();
    let mut svg = String::with_capacity(260 * shown.len() + 200);
    // Writing to a String cannot fail.
    let _ = write!(
        svg,
        r#"<svg class="treemap" viewBox="0 0 760 340" role="img" aria-label="{}">"#,
        escaped(summary)
    );
    for (tile, at) in shown.iter().zip(squarified(&sizes, whole)) {
        let shade = tile.change.map(|change| (change / DEEPEST * SHADES).round().clamp(-SHADES, SHADES));
        let shade = shade.map(|shade| format!("h{shade:.0}")).unwrap_or_default();
        let Place { x, y, width, height } = at;
        let (name, words) = (escaped(&tile.name), escaped(&tile.words));
        let _ = write!(
            svg,
            r#"<g><title>{name} {words}</title><rect class="{shade}" x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}" rx="3"/>"#,
            x + 1.0,
            y + 1.0,
            (width - 2.0).max(0.5),
            (height - 2.0).max(0.5)
        );
        if width >= NAMED.0 && height >= NAMED.1 {
            let _ = write!(
                svg,
                r#"<text{} x="{:.1}" y="{:.1}">{name}<tspan x="{1:.1}" dy="1.3em">{words}</tspan></text>"#,
                if width < WIDE { r#" class="narrow-tile""# } else { "" },
                x + 8.0,
                y + 19.0
            );
        }
        svg.push_str("</g>");
    }
    svg.push_str("</svg>");
    svg
}

/// Places for descending sizes, as near to squares as rows of them come (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000).
fn squarified(sizes: &[f64], mut free: Place) -> Vec<Place> {
    let mut places = Vec::with_capacity(sizes.len());
    let mut left: f64 = sizes.iter().sum();
    let mut rest = sizes;
    while !rest.is_empty() && left > 0.0 {
        let scale = free.width * free.height / left;
        let side = free.width.min(free.height);
        // The row takes another as long as that makes its worst place no longer.
        let mut count = 1;
        while count < rest.len() && worst(&rest[..=count], scale, side) <= worst(&rest[..count], scale, side)
        {
            count += 1;
        }
        let (row, others) = rest.split_at(count);
        let sum: f64 = row.iter().sum();
        let depth = sum * scale / side;
        let mut along = 0.0;
        for size in row {
            let length = size / sum * side;
            places.push(if free.width >= free.height {
                Place { x: free.x, y: free.y + along, width: depth, height: length }
            } else {
                Place { x: free.x + along, y: free.y, width: length, height: depth }
            });
            along += length;
        }
        free = if free.width >= free.height {
            Place { x: free.x + depth, width: free.width - depth, ..free }
        } else {
            Place { y: free.y + depth, height: free.height - depth, ..free }
        };
        left -= sum;
        rest = others;
    }
    places
}

/// The largest ratio of the sides of a row's places.
fn worst(row: &[f64], scale: f64, side: f64) -> f64 {
    let sum: f64 = row.iter().sum::<f64>() * scale;
    let of = |size: f64| {
        let area = size * scale;
        (side * side * area / (sum * sum)).max(sum * sum / (side * side * area))
    };
    row.iter().copied().map(of).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_as_in_the_paper() {
        let free = Place { x: 0.0, y: 0.0, width: 6.0, height: 4.0 };
        let places = squarified(&[6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0], free);
        assert_eq!(places[0], Place { x: 0.0, y: 0.0, width: 3.0, height: 2.0 });
        assert_eq!(places[1], Place { x: 0.0, y: 2.0, width: 3.0, height: 2.0 });
        let area: f64 = places.iter().map(|at| at.width * at.height).sum();
        assert!((area - 24.0).abs() < 1e-9, "{places:?}");
    }

    #[test]
    fn every_place_lies_inside_and_has_its_area() {
        let sizes = [50.0, 20.0, 10.0, 10.0, 5.0, 3.0, 1.0, 0.5, 0.5];
        let free = Place { x: 0.0, y: 0.0, width: WIDTH, height: HEIGHT };
        for (size, at) in sizes.iter().zip(squarified(&sizes, free)) {
            assert!((at.width * at.height - size / 100.0 * WIDTH * HEIGHT).abs() < 1e-6);
            assert!(at.x >= 0.0 && at.x + at.width <= WIDTH + 1e-6 && at.y + at.height <= HEIGHT + 1e-6);
        }
    }

    #[test]
    fn colours_are_on_one_scale_and_what_is_unknown_is_grey() {
        let tile =
            |name: &str, change| Tile { name: name.to_owned(), size: 1.0, change, words: String::new() };
        let svg = treemap(&[tile("A", Some(0.031)), tile("B", Some(-0.006)), tile("C", None)], "x");
        for class in ["class=\"h5\"", "class=\"h-1\"", "class=\"\""] {
            assert!(svg.contains(class), "{class} in {svg}");
        }
        assert_eq!(treemap(&[], "x"), "");
    }
}
