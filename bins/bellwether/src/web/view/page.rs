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
    /// The script that runs before anything is painted, in the page itself: a file of its own would hold the page up.
    look: String,
    demo: bool,
    /// Whether somebody was let in, who has an account to look after.
    account: bool,
    portfolio_name: String,
    portfolios: Vec<PortfolioLink>,
    /// Pages that show.
    links: Vec<Link>,
    /// Pages that change.
    more: Vec<Link>,
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
    Holdings,
    Transactions,
    Performance,
    Income,
    CashFlows,
    Allocation,
    Import,
    Activity,
    Settings,
    Elsewhere,
}

impl Place {
    const SHOWING: [Self; 7] = [
        Self::Dashboard,
        Self::Holdings,
        Self::Transactions,
        Self::Performance,
        Self::Income,
        Self::CashFlows,
        Self::Allocation,
    ];
    const CHANGING: [Self; 3] = [Self::Import, Self::Activity, Self::Settings];

    /// The key of its name, and its address within a portfolio.
    pub(crate) fn named(self, portfolio: PortfolioId) -> (&'static str, String) {
        let (key, within) = match self {
            Self::Dashboard | Self::Elsewhere => {
                return ("page.dashboard", format!("/dashboard/{portfolio}"));
            }
            Self::Holdings => ("page.holdings", "holdings"),
            Self::Transactions => ("page.transactions", "transactions"),
            Self::Performance => ("page.performance", "performance"),
            Self::Income => ("page.income", "income"),
            Self::CashFlows => ("page.cash_flows", "cash-flows"),
            Self::Allocation => ("page.allocation", "allocation"),
            Self::Import => ("page.import", "import"),
            Self::Activity => ("page.activity", "activity"),
            Self::Settings => ("page.settings", "settings"),
        };
        (key, format!("/portfolio/{portfolio}/{within}"))
    }

    fn link(self, portfolio: PortfolioId, here: Self) -> Link {
        let (key, address) = self.named(portfolio);
        Link { key, name: String::new(), address, here: self == here }
    }
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
        let links = |places: &[Place]| {
            let of = |portfolio: &Portfolio| {
                let id = portfolio.id;
                places.iter().map(|other| other.link(id, place)).collect()
            };
            here.map_or_else(Vec::new, of)
        };
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
            look: state.assets.look(),
            account: true,
            demo: here.is_some_and(|portfolio| portfolio.demo),
            portfolio_name: here.map(|portfolio| portfolio.name.clone()).unwrap_or_default(),
            portfolios: portfolio_links.collect(),
            links: links(&Place::SHOWING),
            more: links(&Place::CHANGING),
        }
        .said_in(Locale::english())
    }

    /// The same in the words of a locale.
    #[must_use]
    pub(crate) fn said_in(mut self, locale: Locale) -> Self {
        self.locale = locale.tag();
        for link in self.links.iter_mut().chain(&mut self.more) {
            link.name = locale.text(link.key);
        }
        self
    }
}
