//! Which figure of the library a name means. What is not here is not offered, and fails where
//! it is no mere option.

mod benchmark;
mod cash;
mod cost;
mod day_change;
mod linking;
mod money_weighted;
mod name;
mod period;
mod quotes;
mod risk;
mod sums;

use crate::answer::{Answered, Trouble};
use crate::case::Case;
use crate::world::World;

use self::name::Name;

/// Answers the figure of a case.
pub(crate) fn answer(case: &Case, figure: &str) -> Answered {
    if let Some(why) = not_offered(figure) {
        return Err(Trouble::NotOffered(why.to_owned()));
    }
    if case.fx_lookup.contains_key(figure) {
        return quotes::looked_up(case, figure);
    }
    let name = Name::parse(figure).map_err(Trouble::NotOffered)?;
    let families: [fn(&World<'_>, &Name) -> Option<Answered>; 11] = [
        money_weighted::answer,
        linking::answer,
        risk::answer,
        cost::answer,
        quotes::answer,
        sums::answer,
        cash::answer,
        period::answer,
        day_change::answer,
        benchmark::answer,
        quotes::high,
    ];
    let world = World::new(case)?;
    families
        .iter()
        .find_map(|family| family(&world, &name))
        .unwrap_or_else(|| Err(Trouble::NotOffered(format!("no figure is called {figure}"))))
}

/// Figures of others' making for which the library has a better one.
fn not_offered(figure: &str) -> Option<&'static str> {
    let figure = figure.rsplit('/').next().unwrap_or(figure);
    Some(match figure {
        "roai_gross" | "roai_net" | "time_weighted_investment" => "gain by capital-days is not offered",
        "volatility_period_log" | "semi_deviation_period_log" => "log returns are not offered",
        "alpha_geometric" => "alpha is annualised by multiplication, not compounded",
        "downside_potential" | "upside_potential" | "upside_risk" => "partial moments are not offered",
        "downside_frequency" | "upside_frequency" => "counts of returns are not offered",
        "simple_return_on_start" => "a simple return counts what was paid in, too",
        _ => return None,
    })
}
