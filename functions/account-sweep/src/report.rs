//! The report of a sweep: counts, and up to 100 accounts of each group.

use std::collections::BTreeMap;

use gangway_aws::organizations::OrgAccount;
use gangway_model::AccountId;
use serde_json::{Value, json};

use crate::classification::SkipReason;

/// Maximum number of accounts that the response lists for each group. Further accounts are only
/// counted.
pub(crate) const MAX_LISTED: usize = 100;

/// The differences between the organization and Palette.
#[derive(Debug, Default)]
pub(crate) struct SweepReport {
    pub(crate) dry_run: bool,
    /// Why the sweep did not read the whole organization; `None` if it did.
    pub(crate) incomplete_reason: Option<String>,
    /// Number of accounts that the organization listed.
    pub(crate) organization: usize,
    /// Number of accounts that Palette listed.
    pub(crate) palette: usize,
    /// Number of projects that deny access to Gangway.
    pub(crate) unread_projects: usize,
    pub(crate) registered: usize,
    pub(crate) missing: AccountGroup,
    pub(crate) closed: AccountGroup,
    pub(crate) unknown: AccountGroup,
    pub(crate) ignored: AccountGroup,
    pub(crate) reasons: BTreeMap<SkipReason, usize>,
    /// Number of events that were sent.
    pub(crate) queued: usize,
    /// Number of events that ask for an offboarding.
    pub(crate) offboarding: usize,
    /// Number of registered accounts that are queued, so that `account-vended` compares their roles
    /// with what Gangway creates.
    pub(crate) queued_for_drift_check: usize,
}

/// A group of accounts: the number of accounts, and the first 100 as JSON.
#[derive(Debug, Default)]
pub(crate) struct AccountGroup {
    pub(crate) count: usize,
    listed: Vec<Value>,
}

impl AccountGroup {
    /// Counts one account. Calls `to_json` only if the account is listed.
    pub(crate) fn add(&mut self, to_json: impl FnOnce() -> Value) {
        self.count += 1;
        if self.listed.len() < MAX_LISTED {
            self.listed.push(to_json());
        }
    }

    fn to_json(&self) -> Value {
        json!({ "accounts": self.listed, "more": self.count - self.listed.len() })
    }
}

/// Returns the JSON of an account of the organization.
pub(crate) fn account_json(account: &OrgAccount) -> Value {
    json!({ "accountId": account.id.as_str(), "accountName": account.name })
}

/// Returns the JSON of an account in Palette that is not in the organization.
pub(crate) fn palette_account_json(account: AccountId, name: &str, uid: &str) -> Value {
    json!({ "accountId": account.as_str(), "name": name, "uid": uid })
}

impl SweepReport {
    pub(crate) fn add_ignored(&mut self, account: &OrgAccount, reason: SkipReason) {
        *self.reasons.entry(reason).or_default() += 1;
        self.ignored.add(|| json!({ "accountId": account.id.as_str(), "reason": reason.id() }));
    }

    pub(crate) fn to_json(&self) -> Value {
        let reasons = self.reasons.iter().map(|(reason, count)| {
            (reason.id().to_owned(), json!({ "count": count, "because": reason.description() }))
        });
        let reasons: serde_json::Map<_, _> = reasons.collect();
        json!({
            "outcome": if self.dry_run { "dry-run" } else { "swept" },
            "complete": self.incomplete_reason.is_none(),
            "stopped": self.incomplete_reason,
            "counts": {
                "organization": self.organization,
                "palette": self.palette,
                "unreadProjects": self.unread_projects,
                "registered": self.registered,
                "missing": self.missing.count,
                "closedButRegistered": self.closed.count,
                "registeredButUnknown": self.unknown.count,
                "ignored": self.ignored.count,
                "queued": self.queued,
                "offboarding": self.offboarding,
                "queuedForDriftCheck": self.queued_for_drift_check,
            },
            "missing": self.missing.to_json(),
            "closedButRegistered": self.closed.to_json(),
            "registeredButUnknown": self.unknown.to_json(),
            "ignored": self.ignored.to_json(),
            "reasons": reasons,
        })
    }

    /// Writes the counts to the log, because nobody reads the response of a scheduled invocation.
    pub(crate) fn log(&self) {
        let incomplete = self.incomplete_reason.as_deref();
        tracing::info!(
            dryRun = self.dry_run,
            organization = self.organization,
            palette = self.palette,
            unreadProjects = self.unread_projects,
            registered = self.registered,
            missing = self.missing.count,
            closedButRegistered = self.closed.count,
            registeredButUnknown = self.unknown.count,
            ignored = self.ignored.count,
            queued = self.queued,
            offboarding = self.offboarding,
            queuedForDriftCheck = self.queued_for_drift_check,
            incomplete,
            "sweep completed"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_lists_a_hundred_accounts_and_counts_the_rest() {
        let mut report = SweepReport::default();
        for _ in 0..MAX_LISTED + 7 {
            report.missing.add(|| json!({ "accountId": "123456789012" }));
        }
        report.incomplete_reason = Some("time ran out".to_owned());
        let response = report.to_json();
        assert_eq!(response["missing"]["accounts"].as_array().unwrap().len(), MAX_LISTED);
        assert_eq!(response["missing"]["more"], 7);
        assert_eq!(response["counts"]["missing"], MAX_LISTED + 7);
        assert_eq!(response["complete"], false);
        // Lambda limits a response to 6 MB.
        let mut longest = SweepReport::default();
        let text = "n".repeat(128);
        let account = "123456789012".parse().unwrap();
        for kind in [&mut longest.missing, &mut longest.closed, &mut longest.unknown] {
            (0..10_000).for_each(|_| kind.add(|| palette_account_json(account, &text, &text)));
        }
        assert!(longest.to_json().to_string().len() < 256 * 1024);
    }
}
