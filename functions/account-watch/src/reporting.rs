//! Counts the accounts by readiness after a run, for metrics.

use std::time::SystemTime;

use gangway_http::clock;
use gangway_lambda::write_metric;
use gangway_registration::account_state::AccountState;

use crate::{
    FUNCTION, Watch, WatchError,
    message::{WatchMessage, Work},
};

/// Delay between the start of a run and its report, the longest of SQS, in seconds.
pub(crate) const DELAY_SECONDS: u16 = 900;

/// Fewest functions that work at the same time: the lowest maximum of a queue's event source.
const MIN_CONCURRENCY: u32 = 2;

/// Palette's requests a second of one function, by default.
const DEFAULT_RPS: u16 = 8;

/// The accounts of all scopes.
#[derive(Debug, Default, Eq, PartialEq)]
struct Totals {
    ready: u32,
    not_ready: u32,
    unproven: u32,
    /// Days until the first key or certificate expires.
    fewest_days_left: Option<i64>,
}

impl Totals {
    fn add(&mut self, state: &AccountState, now: SystemTime) {
        match state.ready {
            Some(true) => self.ready += 1,
            Some(false) => self.not_ready += 1,
            None => self.unproven += 1,
        }
        let first = state.expirations.first().map(|first| first.expires.days_left(now));
        self.fewest_days_left = match (self.fewest_days_left, first) {
            (Some(known), Some(first)) => Some(known.min(first)),
            (known, first) => known.or(first),
        };
    }

    const fn accounts(&self) -> u32 {
        self.ready + self.not_ready + self.unproven
    }

    fn write_metrics(&self) {
        let counts =
            [("ready", self.ready), ("not-ready", self.not_ready), ("unproven", self.unproven)];
        for (readiness, count) in counts {
            let dimension = Some(("Readiness", readiness));
            write_metric(FUNCTION, "AccountsByReadiness", count.into(), dimension);
        }
        if let Some(days) = self.fewest_days_left {
            write_metric(FUNCTION, "FewestDaysLeft", days, None);
        }
    }
}

impl Watch {
    /// Writes the metrics of all accounts. `delays` is how often the message was delayed: with many accounts,
    /// the run takes longer.
    pub(crate) async fn report(&self, run: &str, delays: u32) -> Result<&'static str, WatchError> {
        let mut totals = Totals::default();
        let now = clock::now();
        for scope in self.all_scopes().await? {
            for item in self.table.list(&scope.to_string()).await? {
                totals.add(&serde_json::from_str(&item.document).unwrap_or_default(), now);
            }
        }
        let per_second = self.context.config.palette_requests_per_second.unwrap_or(DEFAULT_RPS);
        let checked = delays * u32::from(DELAY_SECONDS) * u32::from(per_second) * MIN_CONCURRENCY;
        if totals.accounts() > checked {
            let message = WatchMessage::new(run, Work::Report { delays: delays + 1 });
            self.queue.send_delayed(&message.to_body(), DELAY_SECONDS).await?;
            return Ok("delayed");
        }
        totals.write_metrics();
        Ok("reported")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gangway_registration::account_state::{Expiration, Timestamp};

    use super::*;

    #[test]
    fn accounts_are_counted_and_the_first_expiration_found() {
        let now = SystemTime::UNIX_EPOCH;
        let state = |ready, days: Option<u64>| AccountState {
            ready,
            expirations: days
                .map(|days| Expiration {
                    check: "iam.key-age".to_owned(),
                    expires: Timestamp(now + Duration::from_hours(24 * days)),
                    told: None,
                })
                .into_iter()
                .collect(),
            ..AccountState::default()
        };
        let mut totals = Totals::default();
        for (ready, days) in
            [(Some(true), None), (Some(true), Some(9)), (None, Some(20)), (Some(false), Some(3))]
        {
            totals.add(&state(ready, days), now);
        }
        let expected = Totals { ready: 2, not_ready: 1, unproven: 1, fewest_days_left: Some(3) };
        assert_eq!((totals.accounts(), totals), (4, expected));
    }
}
