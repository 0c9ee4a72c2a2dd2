//! Records the drift of vended accounts, and publishes events about changes of it.

use std::time::SystemTime;

use gangway_aws::state_table::{StateItem, WriteOutcome};
use gangway_lambda::{EventAccount, OutcomeEvent, SqsMessage};
use gangway_model::Uid;
use gangway_registration::{
    account_state::{AccountState, KnownState},
    drift::{DriftComparison, drift_remedy},
};

use crate::{
    Watch, WatchError,
    check::{MAX_ATTEMPTS, TRIGGER},
    publication,
};

impl Watch {
    /// Records the result of a comparison in the state of the account. Returns the identifier of
    /// the outcome.
    ///
    /// An account without a state is skipped: the watch has not checked it yet. The next sweep
    /// compares it again.
    pub(crate) async fn record_drift(
        &self,
        comparison: &DriftComparison,
        sent: SystemTime,
        message: &SqsMessage,
    ) -> Result<&'static str, WatchError> {
        let uid: Uid = comparison.uid.parse().map_err(|_invalid| WatchError::InvalidMessage)?;
        for _attempt in 0..MAX_ATTEMPTS {
            let item = self.table.get(&comparison.scope, &uid).await?;
            let Some(known) = item.and_then(KnownState::parse) else { return Ok("not-known") };
            let known = self.publish_stored_events(known, (message, sent)).await?;
            if known.state.removed.is_some() {
                return Ok("gone");
            }
            let Some((state, is_change)) = known.state.after_comparison(comparison) else {
                return Ok("unchanged");
            };
            if self.write_drift(known, state, is_change, (message, sent)).await? {
                return Ok(if is_change { "changed" } else { "compared" });
            }
        }
        Err(WatchError::Conflict)
    }

    /// Writes the state after a comparison, and publishes the event about it. Returns `false` if
    /// another message has written the state in the meantime.
    async fn write_drift(
        &self,
        KnownState { item, .. }: KnownState,
        mut state: AccountState,
        is_change: bool,
        (message, sent): (&SqsMessage, SystemTime),
    ) -> Result<bool, WatchError> {
        if is_change {
            let event = to_event(&item, &state).encode(self.partition(), TRIGGER);
            state.unpublished = vec![event.into()];
            state.publisher = Some(publication::create_claim(message, sent));
        }
        let replaces = item.revision;
        let item = publication::next_revision(item, &state);
        if self.table.put(&item, Some(replaces)).await? == WriteOutcome::Conflict {
            return Ok(false);
        }
        self.publish(item, state).await?;
        Ok(true)
    }
}

/// Returns the event about the drift in a state.
fn to_event(item: &StateItem, state: &AccountState) -> OutcomeEvent {
    let subject = EventAccount {
        scope: Some(item.scope.clone()),
        name: Some(state.name.clone()),
        uid: Some(item.uid.to_string()),
        account: state.aws_account_id.as_deref().and_then(|id| id.parse().ok()),
        method: state.method.as_deref().and_then(|id| id.parse().ok()),
        secret: None,
    };
    if let Some(drift) = state.known_drift() {
        let parts = drift.parts.iter().map(|part| part.id()).collect();
        OutcomeEvent::drifted(subject, parts, drift.since.0, drift_remedy(&drift.parts))
    } else {
        let since = state.drift.as_ref().map_or(item.checked, |drift| drift.since.0);
        OutcomeEvent::restored(subject, since)
    }
}
