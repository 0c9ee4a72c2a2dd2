//! Reports all accounts after a run: writes metrics, and an HTML page and a CSV file for people.

use std::time::{Duration, SystemTime};

use askama::Template as _;
use bytes::Bytes;
use gangway_aws::state_table::StateItem;
use gangway_http::clock;
use gangway_lambda::write_metric;
use gangway_model::{Scope, Uid, UpstreamError, time::to_rfc3339};
use gangway_palette::Project;
use gangway_registration::account_state::{Readiness, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    FUNCTION, Watch, WatchError,
    accounts_report::{AccountsReport, ReportedAccount},
    message::{WatchMessage, Work},
};

/// Seconds from the start of a run to its report, and between checks whether the run has ended.
pub(crate) const DELAY_SECONDS: u16 = 900;

/// Maximum number of delays of a report (six hours). After them, the report shows the known states.
const MAX_DELAYS: u32 = 24;

/// Scope of the item of the table that describes the last report. No scope of Palette has this
/// name.
const REPORT_SCOPE: &str = "report";

/// Uid of the item of the table that describes the last report.
const REPORT_UID: &str = "accounts";

/// Time without a new report after which DynamoDB deletes the item that describes the last report.
const REPORT_LIFETIME: Duration = Duration::from_hours(90 * 24);

/// Counts of the accounts of all scopes.
#[derive(Debug, Default, Eq, PartialEq)]
struct Totals {
    ready: u32,
    not_ready: u32,
    unproven: u32,
    /// Accounts of which something differs from what Gangway made.
    drifted: u32,
    /// Days until the first key or certificate expires.
    fewest_days_left: Option<i64>,
}

/// The last report, as the state table records it.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct LastReport {
    run: String,
    made: Timestamp,
    /// When the previous report was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<Timestamp>,
}

impl Totals {
    fn from_accounts(accounts: &[ReportedAccount], now: SystemTime) -> Self {
        let mut totals = Self::default();
        for ReportedAccount { state, .. } in accounts {
            if state.removed.is_some() {
                continue;
            }
            match state.readiness() {
                Readiness::Ready => totals.ready += 1,
                Readiness::NotReady => totals.not_ready += 1,
                Readiness::Unproven => totals.unproven += 1,
            }
            totals.drifted += u32::from(state.known_drift().is_some());
            let first = state.expirations.first().map(|first| first.expires.days_left(now));
            totals.fewest_days_left = match (totals.fewest_days_left, first) {
                (Some(known), Some(first)) => Some(known.min(first)),
                (known, first) => known.or(first),
            };
        }
        totals
    }

    fn write_metrics(&self) {
        let counts = [
            (Readiness::Ready, self.ready),
            (Readiness::NotReady, self.not_ready),
            (Readiness::Unproven, self.unproven),
        ];
        for (readiness, count) in counts {
            let dimension = Some(("Readiness", readiness.id()));
            write_metric(FUNCTION, "AccountsByReadiness", count.into(), dimension);
        }
        write_metric(FUNCTION, "AccountsDrifted", self.drifted.into(), None);
        if let Some(days) = self.fewest_days_left {
            write_metric(FUNCTION, "FewestDaysLeft", days, None);
        }
    }
}

impl Watch {
    /// Writes the metrics and the report about all accounts. If the queue still has other messages,
    /// sends the report message again with a delay instead. `delays` is the number of earlier
    /// delays.
    pub(crate) async fn report(
        &self,
        (run, sent): (&str, SystemTime),
        delays: u32,
    ) -> Result<&'static str, WatchError> {
        // The report message itself counts too. Reports of two concurrent runs must not wait for
        // each other for ever.
        let tolerated = u64::from(delays.saturating_sub(1).max(1));
        if delays < MAX_DELAYS && self.queue.count_messages().await? > tolerated {
            let message = WatchMessage::new(run, Work::Report { delays: delays + 1 });
            self.queue.send_delayed(&message.to_body(), DELAY_SECONDS).await?;
            return Ok("delayed");
        }
        let accounts = self.list_known_accounts().await?;
        Totals::from_accounts(&accounts, clock::now()).write_metrics();
        let last = self.record_report(run, sent).await?;
        let partition = self.partition().id();
        let report = AccountsReport::new(partition, last.made.0, last.previous, accounts);
        self.write_report(&report, last.made).await?;
        Ok("reported")
    }

    /// Returns all accounts that have a state, including the accounts that were removed from
    /// Palette.
    async fn list_known_accounts(&self) -> Result<Vec<ReportedAccount>, UpstreamError> {
        let projects = self.context.clients.palette.projects().await?.into_iter();
        let projects = projects.map(|Project { uid, name }| (Scope::Project(uid), name));
        let mut accounts = Vec::new();
        for (scope, scope_name) in
            [(Scope::Tenant, "Tenant".to_owned())].into_iter().chain(projects)
        {
            let scope = scope.to_string();
            for StateItem { uid, checked, document, .. } in self.table.list(&scope).await? {
                accounts.push(ReportedAccount {
                    scope: scope.clone(),
                    scope_name: scope_name.clone(),
                    uid: uid.to_string(),
                    checked,
                    state: serde_json::from_str(&document).unwrap_or_default(),
                });
            }
        }
        Ok(accounts)
    }

    /// Records the report of this run in the table. If a message is delivered again, the report
    /// keeps its time, so that it shows the same changes.
    async fn record_report(&self, run: &str, sent: SystemTime) -> Result<LastReport, WatchError> {
        let uid: Uid = REPORT_UID.parse().map_err(|_invalid| WatchError::InvalidMessage)?;
        let item = self.table.get(REPORT_SCOPE, &uid).await?;
        let before =
            item.as_ref().and_then(|item| serde_json::from_str::<LastReport>(&item.document).ok());
        if let Some(before) = before.as_ref().filter(|before| before.run == run) {
            return Ok(before.clone());
        }
        let previous = before.map(|before| before.made);
        let report = LastReport { run: run.to_owned(), made: Timestamp(sent), previous };
        let replaces = item.map(|item| item.revision);
        let item = StateItem {
            scope: REPORT_SCOPE.to_owned(),
            uid,
            revision: replaces.unwrap_or_default() + 1,
            checked: sent,
            expires: sent + REPORT_LIFETIME,
            document: serde_json::json!(report).to_string(),
            report: None,
        };
        // A conflict is ignored: two concurrent runs both write a report, and the table records one
        // of them. The next report shows the changes since the recorded one.
        self.table.put(&item, replaces).await?;
        Ok(report)
    }

    /// Writes the HTML page and the CSV file to the bucket, under `reports/<time>` and
    /// `reports/latest`.
    async fn write_report(
        &self,
        report: &AccountsReport,
        made: Timestamp,
    ) -> Result<(), WatchError> {
        let failed = |error: &dyn std::error::Error| WatchError::Report(error.to_string());
        let page = Bytes::from(report.render().map_err(|error| failed(&error))?);
        let table = Bytes::from(report.to_csv().map_err(|error| failed(&error))?);
        // Some file systems do not accept a colon in a file name.
        let time = to_rfc3339(made.0).replace(':', "-");
        for folder in [format!("reports/{time}"), "reports/latest".to_owned()] {
            let (page_key, table_key) =
                (format!("{folder}/accounts.html"), format!("{folder}/accounts.csv"));
            tokio::try_join!(
                self.reports.put(&page_key, "text/html; charset=utf-8", page.clone()),
                self.reports.put(&table_key, "text/csv; charset=utf-8", table.clone()),
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use gangway_registration::account_state::{AccountState, Expiration};

    use super::*;

    #[test]
    fn totals_count_accounts_and_the_fewest_days_left() {
        let now = SystemTime::UNIX_EPOCH;
        let account = |(ready, days): (Option<bool>, Option<u64>)| ReportedAccount {
            scope: "tenant".to_owned(),
            scope_name: "Tenant".to_owned(),
            uid: String::new(),
            checked: now,
            state: AccountState {
                ready,
                expirations: days
                    .map(|days| Expiration {
                        check: "iam.key-age".to_owned(),
                        expires: Timestamp(now + Duration::from_hours(24 * days)),
                        notice: None,
                    })
                    .into_iter()
                    .collect(),
                ..AccountState::default()
            },
        };
        let accounts =
            [(Some(true), None), (Some(true), Some(9)), (None, Some(20)), (Some(false), Some(3))]
                .map(account);
        let expected =
            Totals { ready: 2, not_ready: 1, unproven: 1, drifted: 0, fewest_days_left: Some(3) };
        assert_eq!(Totals::from_accounts(&accounts, now), expected);
    }
}
