//! Limits of a source's calls, held together by all processes that share a Redis.

use async_trait::async_trait;
use bellwether_cache::redis::{self, Redis, RedisError, Taken};
use bellwether_domain::SharedClock;
use bellwether_prices::{Common, Leave, SharedLimits, Unshared, Wish};
use chrono::{DateTime, Utc};

/// The common place of gateways to one source.
pub(crate) struct LimitsInRedis {
    limits: redis::Limits,
    clock: SharedClock,
}

impl LimitsInRedis {
    /// Of the source at that address.
    pub(crate) fn new(redis: &Redis, source: &str, address: &str, clock: &SharedClock) -> Self {
        Self { limits: redis.limits(&format!("{source}:{address}")), clock: SharedClock::clone(clock) }
    }
}

fn unshared(error: &RedisError) -> Unshared {
    Unshared(error.to_string())
}

#[async_trait]
impl SharedLimits for LimitsInRedis {
    async fn look(&self, now: DateTime<Utc>) -> Result<Common, Unshared> {
        let (calls_last_hour, state) = self.limits.look(now).await.map_err(|error| unshared(&error))?;
        Ok(Common { state, calls_last_hour })
    }

    async fn tell(
        &self,
        known: Option<&str>,
        state: &str,
        calls: &[DateTime<Utc>],
    ) -> Result<bool, Unshared> {
        self.limits.tell(self.clock.now(), known, state, calls).await.map_err(|error| unshared(&error))
    }

    async fn take(&self, known: &str, wish: &Wish) -> Result<Leave, Unshared> {
        let bucket = |of: &bellwether_prices::Bucket| redis::Bucket {
            name: of.name,
            holds: of.holds,
            one_per: of.one_per,
        };
        let buckets: Vec<_> = wish.buckets.iter().map(bucket).collect();
        let taken = self.limits.take(wish.at, known, wish.calls_an_hour, &buckets).await;
        Ok(match taken.map_err(|error| unshared(&error))? {
            Taken::Given { leave, calls } => Leave::Given { leave, calls_last_hour: calls },
            Taken::NotBefore(until) => Leave::NotBefore(until),
            Taken::Outdated => Leave::Outdated,
        })
    }

    async fn give(&self, leave: &str) -> Result<(), Unshared> {
        self.limits.give(self.clock.now(), leave).await.map_err(|error| unshared(&error))
    }
}

#[cfg(all(test, feature = "redis"))]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::Duration;

    use bellwether_domain::{Clock, FixedClock};
    use bellwether_prices::{
        CircuitState, Family, Gateway, Limits, LoadBudget, NotAnswered, Request, Response, Sharing,
        SteppingPause, Transport, TransportError,
    };
    use chrono::TimeDelta;

    use super::*;

    /// Counts calls, and refuses them as it is told to.
    #[derive(Default)]
    struct Upstream {
        calls: AtomicUsize,
        refuses: AtomicBool,
    }

    struct Line(Arc<Upstream>);

    #[async_trait]
    impl Transport for Line {
        async fn send(&self, _: &Request) -> Result<Response, TransportError> {
            self.0.calls.fetch_add(1, Ordering::SeqCst);
            let status = if self.0.refuses.load(Ordering::SeqCst) { 429 } else { 200 };
            Ok(Response { status, body: "{}".into(), ..Response::default() })
        }
    }

    struct Fleet {
        clock: Arc<FixedClock>,
        upstream: Arc<Upstream>,
        gateways: [Gateway; 2],
    }

    impl Fleet {
        /// Two on the shared server, as two processes would be; `None` where there is none.
        fn on_redis() -> Option<Self> {
            let url = std::env::var("TEST_REDIS_URL").ok()?;
            let clock = Arc::new(FixedClock::at("2026-11-23T15:30:00Z".parse().expect("an instant")));
            let (upstream, installation) = (Arc::<Upstream>::default(), uuid::Uuid::now_v7().to_string());
            let member = || {
                let by: SharedClock = Arc::<FixedClock>::clone(&clock);
                let pause = SteppingPause::of(Arc::clone(&clock));
                let line = Line(Arc::clone(&upstream));
                let gateway = Gateway::pausing(line, SharedClock::clone(&by), pause, Limits::default());
                let patience = Duration::from_secs(20);
                let redis = Redis::connect_patiently(&url, &installation, SharedClock::clone(&by), patience);
                let redis = redis.expect("an address");
                gateway.share(Arc::new(LimitsInRedis::new(&redis, "yahoo", "http://localhost", &by)));
                gateway
            };
            let gateways = [member(), member()];
            Some(Self { clock, upstream, gateways })
        }

        async fn ask(&self, who: usize, until: DateTime<Utc>) -> Result<(), NotAnswered> {
            let request = Request::get(Family::Anonymous, "/v8/chart/KO".into(), Duration::from_secs(10));
            self.gateways[who].ask(request, &LoadBudget::foreground(1, until), |_| Ok(())).await
        }

        fn calls(&self) -> usize {
            self.upstream.calls.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn two_make_no_more_calls_an_hour_than_one_may() {
        let Some(fleet) = Fleet::on_redis() else { return };
        let end = fleet.clock.now() + TimeDelta::hours(1);
        while fleet.ask(0, end).await.is_ok() | fleet.ask(1, end).await.is_ok() {}
        // A hundred at once, and one in twelve seconds.
        let calls = fleet.calls();
        assert!((396..=400).contains(&calls), "{calls} calls");
        for gateway in &fleet.gateways {
            let counters = gateway.counters();
            assert_eq!(counters.sharing, Sharing::Together);
            assert!(counters.calls > 150, "both get their share");
        }
        let counted = fleet.gateways[0].counters().calls_last_hour as usize;
        assert!(counted + 1 >= calls, "{counted} of {calls}");
    }

    #[tokio::test]
    async fn what_refuses_one_is_left_alone_by_the_other() {
        let Some(fleet) = Fleet::on_redis() else { return };
        let soon = fleet.clock.now() + TimeDelta::minutes(1);
        fleet.upstream.refuses.store(true, Ordering::SeqCst);
        assert_eq!(fleet.ask(0, soon).await, Err(NotAnswered::RateLimited));
        fleet.upstream.refuses.store(false, Ordering::SeqCst);
        let Err(NotAnswered::CircuitOpen { until }) = fleet.ask(1, soon).await else { panic!("not told") };
        assert_eq!(fleet.calls(), 1);
        assert_eq!(fleet.gateways[1].counters().hourly_limit, 150);

        fleet.clock.set(until);
        let later = until + TimeDelta::hours(1);
        assert_eq!(fleet.ask(1, later).await, Ok(()));
        assert_eq!(fleet.ask(0, later).await, Ok(()), "the second probe");
        fleet.gateways[1].catch_up().await;
        for gateway in &fleet.gateways {
            assert_eq!(gateway.counters().anonymous.state, CircuitState::Closed);
        }
        assert_eq!(fleet.calls(), 3);
    }
}
