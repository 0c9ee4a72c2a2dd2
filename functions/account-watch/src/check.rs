//! Checks one account, writes its state to the state table, and publishes events about changes.

use std::time::{Duration, SystemTime};

use gangway_aws::state_table::{StateItem, WriteOutcome};
use gangway_checks::{
    assumed_role::ExternalIdTest,
    revalidation::{self, RevalidationContext},
};
use gangway_lambda::{EventAccount, OutcomeEvent, SqsMessage};
use gangway_model::{CloudAccount, RegistrationError, Report};
use gangway_registration::{
    account_state::{AccountState, KnownState, Look, StateChange, StoredEvent},
    load_account,
};

use crate::{
    Watch, WatchError,
    publication::{self, is_claimed},
};

/// Age at which a state is written again, even if nothing has changed.
const MAX_AGE: Duration = Duration::from_hours(23);

/// Time after which DynamoDB deletes a state that was not written again, because Palette no longer
/// has the account.
const LIFETIME: Duration = Duration::from_hours(14 * 24);

/// How often a look is applied again after another message has written the state.
pub(crate) const MAX_ATTEMPTS: usize = 3;

/// Value of the member that says what triggered an outcome event.
pub(crate) const TRIGGER: &str = "watch";

/// The result of validating an account again.
enum Validated {
    Checked(Box<Report>),
    /// The account cannot be checked, for this reason.
    NotCheckable(String),
    /// Palette does not have the account any more.
    Gone,
}

impl Watch {
    /// Checks an account. Returns the identifier of the outcome.
    ///
    /// The state records the time at which the message was sent, so that a late message cannot
    /// replace a newer state.
    pub(crate) async fn check_account(
        &self,
        account: CloudAccount,
        (run, sent): (&str, SystemTime),
        message: &SqsMessage,
    ) -> Result<&'static str, WatchError> {
        let mut known = match self.load_older_state(&account, (run, sent), message).await? {
            Ok(known) => known,
            Err(outcome) => return Ok(outcome),
        };
        let (account, validated) = self.validate(account, known.as_ref(), message).await?;
        let look = match &validated {
            Validated::Checked(report) => Look::Checked(report),
            Validated::NotCheckable(reason) => Look::NotCheckable(reason),
            Validated::Gone => {
                if let Some(known) = known {
                    self.record_removal(known, sent).await?;
                }
                return Ok("gone");
            }
        };
        for _attempt in 0..MAX_ATTEMPTS {
            let look = (&account, look);
            if let Some(outcome) = self.record_look(known, look, (run, sent), message).await? {
                return Ok(outcome);
            }
            // Another message has written the state in the meantime: one about drift, or another
            // look.
            known = match self.load_older_state(&account, (run, sent), message).await? {
                Ok(known) => known,
                Err(outcome) => return Ok(outcome),
            };
        }
        Err(WatchError::Conflict)
    }

    /// Reads the state of an account, and publishes its stored events. Returns the outcome instead
    /// if the state is of this run or of a newer message.
    async fn load_older_state(
        &self,
        account: &CloudAccount,
        (run, sent): (&str, SystemTime),
        message: &SqsMessage,
    ) -> Result<Result<Option<KnownState>, &'static str>, WatchError> {
        let item = self.table.get(&account.scope.to_string(), &account.uid).await?;
        let Some(item) = item else { return Ok(Ok(None)) };
        let state = serde_json::from_str(&item.document).unwrap_or_default();
        let known = KnownState { item, state };
        let known = self.publish_stored_events(known, (message, sent)).await?;
        Ok(if known.state.run == run {
            Err("already-checked")
        } else if known.item.checked > sent {
            Err("superseded")
        } else {
            Ok(Some(known))
        })
    }

    /// Writes the state after a look, and publishes the events about changes. Returns `None` if
    /// another message has written the state in the meantime.
    async fn record_look(
        &self,
        known: Option<KnownState>,
        (account, look): (&CloudAccount, Look<'_>),
        (run, sent): (&str, SystemTime),
        message: &SqsMessage,
    ) -> Result<Option<&'static str>, WatchError> {
        let previous = known.as_ref().map(|known| &known.state);
        let (mut state, changes) = AccountState::after(previous, account, look, run, sent);
        let is_old = known.as_ref().is_none_or(|known| {
            sent.duration_since(known.item.checked).is_ok_and(|age| age >= MAX_AGE)
        });
        let is_changed = previous.is_none_or(|before| {
            AccountState { run: String::new(), ..before.clone() }
                != AccountState { run: String::new(), ..state.clone() }
        });
        if !is_changed && !is_old {
            return Ok(Some("unchanged"));
        }
        let events = changes.iter().map(|change| {
            let event = to_event(account, *change, look);
            StoredEvent::from(event.encode(self.partition(), TRIGGER))
        });
        state.unpublished = events.collect();
        let claim = publication::create_claim(message, sent);
        state.publisher = Some(claim).filter(|_| !state.unpublished.is_empty());
        let report = match look {
            Look::Checked(report) => Some(gangway_lambda::report_json(report)),
            Look::NotCheckable(_) => None,
        };
        let replaces = known.as_ref().map(|known| known.item.revision);
        let item = StateItem {
            scope: account.scope.to_string(),
            uid: account.uid.clone(),
            revision: replaces.unwrap_or_default() + 1,
            checked: sent,
            expires: sent + LIFETIME,
            document: serde_json::json!(state).to_string(),
            report,
        };
        if self.table.put(&item, replaces).await? == WriteOutcome::Conflict {
            return Ok(None);
        }
        self.publish(item, state).await?;
        Ok(Some(if changes.is_empty() { "checked" } else { "changed" }))
    }

    /// Records in the state that Palette does not have the account any more. The accounts report
    /// shows the removal, and `DynamoDB` deletes the state later. Changes nothing if the table has
    /// a newer state.
    pub(crate) async fn record_removal(
        &self,
        KnownState { item, state }: KnownState,
        now: SystemTime,
    ) -> Result<(), WatchError> {
        if state.removed.is_some() {
            return Ok(());
        }
        let replaces = item.revision;
        let item = StateItem {
            checked: now,
            expires: now + LIFETIME,
            report: None,
            ..publication::next_revision(item, &state.after_removal(now))
        };
        self.table.put(&item, Some(replaces)).await?;
        Ok(())
    }

    /// Validates the account as the message describes it. If a ready account is found not ready,
    /// reads the account from Palette, and validates it again if it was changed after it was
    /// listed.
    async fn validate(
        &self,
        account: CloudAccount,
        known: Option<&KnownState>,
        message: &SqsMessage,
    ) -> Result<(CloudAccount, Validated), WatchError> {
        let validated = self.revalidate(&account, message).await?;
        let was_ready = known.is_none_or(|known| known.state.ready != Some(false));
        let is_not_ready = match &validated {
            Validated::Checked(report) => !report.is_ready(),
            Validated::NotCheckable(_) | Validated::Gone => false,
        };
        if !(was_ready && is_not_ready) {
            return Ok((account, validated));
        }
        let palette_accounts = self.context.clients.palette.in_scope(account.scope.clone());
        let mut current = match load_account(&account.uid, &palette_accounts).await {
            Ok(current) => current,
            Err(RegistrationError::NotFound(_)) => return Ok((account, Validated::Gone)),
            Err(error) => return Err(error.into()),
        };
        self.context.clients.secrets.complete(std::slice::from_mut(&mut current)).await?;
        let is_as_listed = (&current.access, &current.policies, &current.gateway, &current.account)
            == (&account.access, &account.policies, &account.gateway, &account.account);
        if is_as_listed {
            return Ok((account, validated));
        }
        let validated = self.revalidate(&current, message).await?;
        Ok((current, validated))
    }

    async fn revalidate(
        &self,
        account: &CloudAccount,
        message: &SqsMessage,
    ) -> Result<Validated, WatchError> {
        let palette_accounts = self.context.clients.palette.in_scope(account.scope.clone());
        let context = RevalidationContext {
            palette_accounts: &palette_accounts,
            clients: &self.context.clients,
            function_account: message.function_account,
            external_id_test: ExternalIdTest::IfTrustPolicyIsUnread,
        };
        match revalidation::revalidate(account, context).await {
            Ok(report) if report.has_deployment_failure() => {
                let failed = report.findings.iter().filter(|finding| finding.is_blocking());
                let failed: Vec<_> = failed
                    .map(|finding| format!("{}: {}", finding.check.id, finding.observed))
                    .collect();
                Err(WatchError::Deployment(failed.join("; ")))
            }
            Ok(report) => Ok(Validated::Checked(Box::new(report))),
            Err(RegistrationError::Invalid(errors)) => {
                let details: Vec<_> = errors.into_iter().map(|error| error.detail).collect();
                Ok(Validated::NotCheckable(details.join("; ")))
            }
            Err(RegistrationError::NotFound(_)) => Ok(Validated::Gone),
            Err(error) => Err(error.into()),
        }
    }

    /// Publishes the events that an earlier message wrote to the state but did not publish. Returns
    /// the state without these events.
    pub(crate) async fn publish_stored_events(
        &self,
        known: KnownState,
        (message, sent): (&SqsMessage, SystemTime),
    ) -> Result<KnownState, WatchError> {
        let KnownState { item, mut state } = known;
        if state.unpublished.is_empty() {
            return Ok(KnownState { item, state });
        }
        if state.publisher.as_ref().is_some_and(|claim| is_claimed(claim, message, sent)) {
            return Err(WatchError::Claimed);
        }
        state.publisher = Some(publication::create_claim(message, sent));
        let replaces = item.revision;
        let item = publication::next_revision(item, &state);
        if self.table.put(&item, Some(replaces)).await? == WriteOutcome::Conflict {
            return Err(WatchError::Claimed);
        }
        let (item, state) = self.publish(item, state).await?;
        Ok(KnownState { item, state })
    }
}

fn to_event(account: &CloudAccount, change: StateChange, look: Look<'_>) -> OutcomeEvent {
    let subject = EventAccount::from(account);
    match change {
        StateChange::Readiness { ready, previous, since } => {
            let event = OutcomeEvent::readiness_changed(subject, ready, previous, since);
            match look {
                Look::Checked(report) => event.with_report(report),
                Look::NotCheckable(_) => event,
            }
        }
        StateChange::Expiring { check, expires, days_left } => {
            OutcomeEvent::expiring(subject, check, expires, days_left)
        }
    }
}
