//! What a sweep found: counts of everything, and of each kind so many as an answer can show.

use std::collections::BTreeMap;

use gangway_aws::organizations::OrgAccount;
use gangway_model::AccountId;
use serde_json::{Value, json};

use crate::classification::SkipReason;

/// How many accounts of a kind are shown; the rest is counted.
pub(crate) const MAX_LISTED: usize = 100;

/// What differs between the organization and Palette.
#[derive(Debug, Default)]
pub(crate) struct SweepReport {
    pub(crate) dry_run: bool,
    /// Why the organization was not seen to its end, where it was not.
    pub(crate) stopped: Option<String>,
    /// Accounts that the organization told of.
    pub(crate) organization: usize,
    /// Accounts that Palette has.
    pub(crate) palette: usize,
    /// Projects of Palette's that do not let Gangway look.
    pub(crate) unread: usize,
    pub(crate) aboard: usize,
    pub(crate) missing: AccountGroup,
    pub(crate) closed: AccountGroup,
    pub(crate) unknown: AccountGroup,
    pub(crate) ignored: AccountGroup,
    pub(crate) reasons: BTreeMap<SkipReason, usize>,
    /// Events that were sent.
    pub(crate) queued: usize,
    pub(crate) offboarding: usize,
}

/// Accounts of one kind.
#[derive(Debug, Default)]
pub(crate) struct AccountGroup {
    pub(crate) count: usize,
    shown: Vec<Value>,
}

impl AccountGroup {
    /// One more; what is shown of it is only made where it is.
    pub(crate) fn add(&mut self, shown: impl FnOnce() -> Value) {
        self.count += 1;
        if self.shown.len() < MAX_LISTED {
            self.shown.push(shown());
        }
    }

    fn to_json(&self) -> Value {
        json!({ "accounts": self.shown, "more": self.count - self.shown.len() })
    }
}

/// What people know an account by.
pub(crate) fn shown(member: &OrgAccount) -> Value {
    json!({ "accountId": member.id.as_str(), "accountName": member.name })
}

/// The same of an account that the organization has not told of.
pub(crate) fn unknown(account: AccountId, name: &str, uid: &str) -> Value {
    json!({ "accountId": account.as_str(), "name": name, "uid": uid })
}

impl SweepReport {
    pub(crate) fn ignore(&mut self, member: &OrgAccount, why: SkipReason) {
        *self.reasons.entry(why).or_default() += 1;
        self.ignored.add(|| json!({ "accountId": member.id.as_str(), "reason": why.id() }));
    }

    /// The answer.
    pub(crate) fn json(&self) -> Value {
        let reasons = self.reasons.iter().map(|(why, count)| {
            (why.id().to_owned(), json!({ "count": count, "because": why.text() }))
        });
        let reasons: serde_json::Map<_, _> = reasons.collect();
        json!({
            "outcome": if self.dry_run { "compared" } else { "swept" },
            "complete": self.stopped.is_none(),
            "stopped": self.stopped,
            "counts": {
                "organization": self.organization,
                "palette": self.palette,
                "unreadProjects": self.unread,
                "aboard": self.aboard,
                "missing": self.missing.count,
                "closedButRegistered": self.closed.count,
                "registeredButUnknown": self.unknown.count,
                "ignored": self.ignored.count,
                "queued": self.queued,
                "offboarding": self.offboarding,
            },
            "missing": self.missing.to_json(),
            "closedButRegistered": self.closed.to_json(),
            "registeredButUnknown": self.unknown.to_json(),
            "ignored": self.ignored.to_json(),
            "reasons": reasons,
        })
    }

    /// The counts, in one line: nobody reads the answer to a schedule.
    pub(crate) fn log(&self) {
        let incomplete = self.stopped.as_deref();
        tracing::info!(
            dryRun = self.dry_run,
            organization = self.organization,
            palette = self.palette,
            unreadProjects = self.unread,
            aboard = self.aboard,
            missing = self.missing.count,
            closedButRegistered = self.closed.count,
            registeredButUnknown = self.unknown.count,
            ignored = self.ignored.count,
            queued = self.queued,
            offboarding = self.offboarding,
            incomplete,
            "sweep completed"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_shows_a_hundred_and_counts_the_rest() {
        let mut difference = SweepReport::default();
        for _ in 0..MAX_LISTED + 7 {
            difference.missing.add(|| json!({ "accountId": "123456789012" }));
        }
        difference.stopped = Some("time ran out".to_owned());
        let answer = difference.json();
        assert_eq!(answer["missing"]["accounts"].as_array().unwrap().len(), MAX_LISTED);
        assert_eq!(answer["missing"]["more"], 7);
        assert_eq!(answer["counts"]["missing"], MAX_LISTED + 7);
        assert_eq!(answer["complete"], false);
        // Lambda answers six megabytes at most.
        let mut longest = SweepReport::default();
        let text = "n".repeat(128);
        let account = "123456789012".parse().unwrap();
        for kind in [&mut longest.missing, &mut longest.closed, &mut longest.unknown] {
            (0..10_000).for_each(|_| kind.add(|| unknown(account, &text, &text)));
        }
        assert!(longest.json().to_string().len() < 256 * 1024);
    }
}
