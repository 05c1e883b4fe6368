//! What every page has: title, portfolios, links, the addresses of style and script.

use bellwether_domain::{Portfolio, PortfolioId};
use bellwether_texts::Locale;
use serde::Serialize;

use crate::web::State;

/// The frame around a page's content.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Page {
    locale: &'static str,
    title: String,
    css: String,
    js: String,
    demo: bool,
    /// Whether there are accounts to look after.
    account: bool,
    portfolio_name: String,
    portfolios: Vec<PortfolioLink>,
    links: Vec<Link>,
}

#[derive(Debug, Clone, Serialize)]
struct PortfolioLink {
    id: String,
    name: String,
    here: bool,
}

#[derive(Debug, Clone, Serialize)]
struct Link {
    /// Its text's key, until it is said.
    #[serde(skip)]
    key: &'static str,
    name: String,
    address: String,
    here: bool,
}

/// The pages of a portfolio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Dashboard,
    Transactions,
    Import,
    Activity,
    Elsewhere,
}

impl Page {
    /// The frame of a page for somebody who was not let in.
    pub(crate) fn outside(state: &State, title: impl Into<String>) -> Self {
        Self { account: false, ..Self::new(state, title, &[], None, Place::Elsewhere) }
    }

    /// The frame of a page, within a portfolio where one is chosen.
    pub(crate) fn new(
        state: &State,
        title: impl Into<String>,
        portfolios: &[Portfolio],
        chosen: Option<PortfolioId>,
        place: Place,
    ) -> Self {
        let here = portfolios.iter().find(|portfolio| Some(portfolio.id) == chosen).or(portfolios.first());
        let links = here.map_or_else(Vec::new, |portfolio| {
            vec![
                Link {
                    key: "page.dashboard",
                    name: String::new(),
                    address: format!("/dashboard/{}", portfolio.id),
                    here: place == Place::Dashboard,
                },
                Link {
                    key: "page.transactions",
                    name: String::new(),
                    address: format!("/portfolio/{}/transactions", portfolio.id),
                    here: place == Place::Transactions,
                },
                Link {
                    key: "page.import",
                    name: String::new(),
                    address: format!("/portfolio/{}/import", portfolio.id),
                    here: place == Place::Import,
                },
                Link {
                    key: "page.activity",
                    name: String::new(),
                    address: format!("/portfolio/{}/activity", portfolio.id),
                    here: place == Place::Activity,
                },
            ]
        });
        let portfolio_links = portfolios.iter().map(|portfolio| PortfolioLink {
            id: portfolio.id.to_string(),
            name: portfolio.name.clone(),
            here: Some(portfolio.id) == chosen,
        });
        Self {
            locale: "",
            title: title.into(),
            css: state.assets.address("app.css"),
            js: state.assets.address("app.js"),
            account: state.entry.is_locked,
            demo: here.is_some_and(|portfolio| portfolio.demo),
            portfolio_name: here.map(|portfolio| portfolio.name.clone()).unwrap_or_default(),
            portfolios: portfolio_links.collect(),
            links,
        }
        .said_in(Locale::english())
    }

    /// The same in the words of a locale.
    #[must_use]
    pub(crate) fn said_in(mut self, locale: Locale) -> Self {
        self.locale = locale.tag();
        for link in &mut self.links {
            link.name = locale.text(link.key);
        }
        self
    }
}
