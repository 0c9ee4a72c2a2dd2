//! Publishes the outcome events that the state of an account contains.

use std::time::{Duration, SystemTime};

use gangway_aws::state_table::StateItem;
use gangway_http::{RetryPolicy, Retryable as _, clock};
use gangway_lambda::SqsMessage;
use gangway_model::UpstreamError;
use gangway_registration::account_state::{AccountState, PublisherClaim, Timestamp};

use crate::{Watch, WatchError};

/// How long only the message that has claimed the events of a state may publish them. Longer than
/// the timeout of the function.
const CLAIM_DURATION: Duration = Duration::from_mins(6);

/// Returns the claim of one delivery of a message to publish the events of a state.
pub(crate) fn create_claim(message: &SqsMessage, sent: SystemTime) -> PublisherClaim {
    PublisherClaim {
        message: message.id.clone(),
        delivery: message.deliveries,
        until: Timestamp(sent.max(clock::now()) + CLAIM_DURATION),
    }
}

/// Returns `true` if another message may still be publishing the events. An earlier delivery of the
/// same message has ended, because SQS hides a message for longer than the timeout of the function.
pub(crate) fn is_claimed(claim: &PublisherClaim, message: &SqsMessage, sent: SystemTime) -> bool {
    let is_own = claim.message == message.id && claim.delivery < message.deliveries;
    !is_own && claim.until.0 > sent.max(clock::now())
}

/// Returns the item that replaces `item`, with this state.
pub(crate) fn next_revision(item: StateItem, state: &AccountState) -> StateItem {
    let document = serde_json::json!(state).to_string();
    StateItem { revision: item.revision + 1, document, ..item }
}

impl Watch {
    /// Publishes the events of a state that this message has claimed, and then removes them from
    /// the table. Retries the removal, because events that stay in the table are published twice.
    pub(crate) async fn publish(
        &self,
        item: StateItem,
        mut state: AccountState,
    ) -> Result<(StateItem, AccountState), WatchError> {
        if state.unpublished.is_empty() {
            return Ok((item, state));
        }
        let events = std::mem::take(&mut state.unpublished);
        self.context.publish(events.into_iter().map(Into::into).collect()).await?;
        state.publisher = None;
        let replaces = item.revision;
        let item = next_revision(item, &state);
        // A conflict is ignored: another message can write the state only after the claim has
        // ended, and then publishes the events itself.
        (|| self.table.put(&item, Some(replaces)))
            .retry(RetryPolicy::THROTTLED)
            .when(UpstreamError::is_retryable)
            .await?;
        Ok((item, state))
    }
}
