use std::collections::BTreeSet;
use std::sync::Arc;

use bellwether_domain::SystemClock;
use bellwether_texts::Locale;
use bellwether_tracker::{
    ImportFile, ImportTarget, JobFilter, JobState, PortfolioSettings, TrackerOptions, Upstream,
};

use super::*;
use crate::web::monitoring::EventLog;

/// Two portfolios that were looked at, and nobody who works.
struct Site {
    state: web::Data<State>,
    one: PortfolioId,
    other: PortfolioId,
}

impl Site {
    async fn new() -> Self {
        let options = TrackerOptions {
            database: "sqlite::memory:".to_owned(),
            upstream: Upstream::Nobody,
            feeds: Vec::new(),
            redis: None,
            clock: Arc::new(SystemClock),
        };
        let tracker = Tracker::open(options).await.expect("a tracker");
        let state = web::Data::new(State::new(tracker, Vec::new(), EventLog::default()));
        let one = bring_in(&state, "One", "KO,Buy,2024-03-05,60,10").await;
        let other = bring_in(&state, "Other", "MSFT,Buy,2024-03-06,400,2").await;
        let now = state.tracker.clock().now();
        for portfolio in [one, other] {
            note(&state.looks, portfolio, Kind::DashboardPage(Locale::english()), None, now);
            note(&state.looks, portfolio, Kind::ChartData, None, now);
        }
        Self { state, one, other }
    }

    /// Prices came, as several batches of a round tell it.
    fn prices_come(&self) {
        for symbol in ["KO", "MSFT", "VOO"] {
            let symbols = vec![symbol.parse().expect("a symbol")];
            let now = self.state.tracker.clock().now();
            self.state.tracker.bus().publish(now, Event::PricesChanged { symbols });
        }
    }

    async fn waiting(&self) -> Vec<Job> {
        let filter = JobFilter { state: Some(JobState::Queued), ..JobFilter::default() };
        self.state.tracker.jobs(&filter, 100).await.expect("jobs")
    }

    /// Waits for these jobs, and takes them away.
    async fn asked_for(&self, portfolios: &[PortfolioId]) {
        let kinds = [Tracker::WARM, Tracker::CHART_DATA];
        let keys = portfolios.iter().flat_map(|id| kinds.map(|kind| format!("{kind}:{id}")));
        let keys: BTreeSet<String> = keys.collect();
        let asked = async {
            while self.waiting().await.len() < keys.len() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), asked).await.expect("it is asked for");
        let waiting = self.waiting().await;
        assert_eq!(waiting.iter().map(|job| job.key.clone()).collect::<BTreeSet<_>>(), keys);
        for job in waiting {
            self.state.tracker.cancel_job(job.id).await.expect("it waits");
        }
    }
}

async fn bring_in(state: &State, name: &str, row: &str) -> PortfolioId {
    let bytes = format!("Ticker,Type,Date,Price,Shares\n{row}\n").into_bytes();
    let file = ImportFile { name: "few.csv".to_owned(), bytes, currency: None };
    let target = ImportTarget::Named(PortfolioSettings::named(name));
    state.tracker.import(target, file, false).await.expect("imported");
    state.tracker.portfolio_named(name).await.expect("there").id
}

#[actix_web::test]
async fn new_prices_have_answers_built_once_and_only_where_they_would_be_others() {
    let site = Site::new().await;
    let follower = tokio::spawn(follow(site.state.clone()));
    // Until it listens.
    tokio::time::sleep(Duration::from_millis(50)).await;
    site.prices_come();
    site.asked_for(&[site.one, site.other]).await;

    // These are of neither.
    site.prices_come();
    tokio::time::sleep(SETTLED_AFTER + 2 * LOOK_EVERY).await;
    assert_eq!(site.waiting().await, []);

    bring_in(&site.state, "One", "PEP,Buy,2024-03-07,170,1").await;
    site.asked_for(&[site.one]).await;
    site.prices_come();
    site.asked_for(&[site.one]).await;
    follower.abort();
}

#[test]
fn news_settle_a_while_after_the_last_but_do_not_wait_for_ever() {
    let began = Instant::now();
    let after = |seconds| began + Duration::from_secs(seconds);
    let news = News::with_more(Some(News::with_more(None, began)), after(1));

    assert!(!news.have_settled(after(2)));
    assert!(news.have_settled(after(3)));
    let unending = (1..60).fold(news, |news, second| News::with_more(Some(news), after(second)));
    assert!(!unending.have_settled(after(59)));
    assert!(unending.have_settled(after(60)));
}

/// Somebody looks at the usual view of a portfolio, which is right until then.
fn note(
    looks: &Looks,
    portfolio: PortfolioId,
    kind: Kind,
    changes_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    let view = usual_view(kind);
    looks.note(snapshot::key(portfolio, kind, &view), (kind, &view), changes_at, now)
}

#[test]
fn old_looks_are_forgotten_when_others_look() {
    let looks = Looks::default();
    let start = DateTime::UNIX_EPOCH;
    let (first, second) = (PortfolioId::new(), PortfolioId::new());
    note(&looks, first, Kind::DashboardPage(Locale::english()), None, start);
    note(&looks, second, Kind::DashboardPage(Locale::english()), None, start + LOOKED_AT_FOR);

    let portfolios: Vec<_> = looks.lock().keys().map(|key| key.portfolio).collect();
    assert_eq!(portfolios, [second]);
    // A clock that ran ahead keeps none longer.
    assert_eq!(looks.lately(start), HashSet::new());
}

#[test]
fn looks_are_bounded() {
    let (looks, portfolio) = (Looks::default(), PortfolioId::new());
    for number in 0..3 * MOST_LOOKS {
        let day = chrono::NaiveDate::MIN.checked_add_days(chrono::Days::new(number as u64));
        let view = View { as_of: day, ..View::default() };
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(number as i64);
        let kind = Kind::DashboardPage(Locale::english());
        looks.note(snapshot::key(portfolio, kind, &view), (kind, &view), None, now);
    }
    assert!(looks.lock().len() <= MOST_LOOKS);
    let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(3 * MOST_LOOKS as i64);
    assert_eq!(looks.at(portfolio, now).map(|warm| warm.len()), Some(MOST_WARM));
}

#[test]
fn a_look_at_what_was_made_before_counts_once_a_minute() {
    let (looks, portfolio) = (Looks::default(), PortfolioId::new());
    let after = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
    let mut looked = |at| note(&looks, portfolio, Kind::DashboardPage(Locale::english()), None, after(at));
    // The first had it built, which counts already.
    assert_eq!([0, 59, 60, 61, 119, 500].map(&mut looked), [false, false, true, false, false, true]);
}

#[test]
fn an_answer_whose_words_became_wrong_is_asked_for_once() {
    let (looks, portfolio) = (Looks::default(), PortfolioId::new());
    let after = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
    note(&looks, portfolio, Kind::DashboardPage(Locale::english()), Some(after(100)), after(0));
    note(&looks, portfolio, Kind::ChartData, None, after(0));

    assert_eq!(looks.outdated(after(99)), HashSet::new());
    assert_eq!(looks.outdated(after(100)), HashSet::from([portfolio]));
    assert_eq!(looks.outdated(after(101)), HashSet::new());

    let key = snapshot::key(portfolio, Kind::DashboardPage(Locale::english()), &View::default());
    looks.renewed(&key, Some(after(200)));
    assert_eq!(looks.outdated(after(200)), HashSet::from([portfolio]));
}

#[actix_web::test]
async fn what_was_looked_at_is_built_and_the_usual_where_nobody_looks() {
    let site = Site::new().await;
    let (looks, now) = (&site.state.looks, site.state.tracker.clock().now());
    let years = View { range: "5Y".parse().expect("a range"), ..View::default() };
    looks.note(
        snapshot::key(site.one, Kind::DashboardPage(Locale::english()), &years),
        (Kind::DashboardPage(Locale::english()), &years),
        None,
        now + TimeDelta::seconds(1),
    );
    let warm = looks.at(site.one, now).expect("somebody looked");
    assert_eq!(warm.first(), Some(&(Kind::DashboardPage(Locale::english()), years)));
    assert_eq!(warm.len(), 3);
    assert_eq!(looks.at(PortfolioId::new(), now), None);
}
