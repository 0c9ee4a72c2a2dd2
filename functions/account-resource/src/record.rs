//! The item of one resource of a stack in the table `StackResources`. `docs/consistency.md`
//! describes the protocol.

#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gangway_aws::{
    resource_table::{ResourceItem, ResourceTable, unreadable},
    state_table::WriteOutcome,
};
use gangway_http::clock;
use gangway_lambda::SqsMessage;
use gangway_model::UpstreamError;
use serde::{Deserialize, Serialize};

use crate::{request::StackRequest, response::Answer};

/// How long a claim excludes other messages from a resource. Longer than the timeout of the
/// function.
const CLAIM_DURATION: Duration = Duration::from_mins(3);

/// How long an item stays in the table after the last account of its resource was removed. Longer
/// than a message can stay in the queue, in the dead-letter queue or in SNS.
const RECORD_LIFETIME: Duration = Duration::from_hours(24 * 60);

/// Maximum number of answers in an item, and maximum number of uids of removed accounts.
const MAX_LIST_LENGTH: usize = 20;

/// The state of one resource.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ResourceState {
    /// The newest request that was begun.
    latest: Option<BegunRequest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<Claim>,
    /// The last answers to CloudFormation, the oldest first.
    answers: Vec<KnownAnswer>,
    /// Accounts in Palette that the resource has registered.
    pub(crate) accounts: Vec<OwnedAccount>,
    /// Accounts that a request was going to create, so they may exist in Palette. An intent is
    /// deleted once the account is known to exist or not to exist.
    pub(crate) intents: Vec<Intent>,
    /// Uid of the account that the last answer of a success named.
    pub(crate) current: Option<String>,
    /// Uids of accounts that the resource has removed.
    pub(crate) removed: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct BegunRequest {
    id: String,
    /// Milliseconds since 1970.
    sent: u64,
    /// How often the request was delayed because its checks failed.
    waits: usize,
}

/// The claim of a message on the resource: until its end, no other message changes the resource.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Claim {
    message: String,
    delivery: u32,
    /// Milliseconds since 1970.
    until: u64,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct KnownAnswer {
    request: String,
    answer: Answer,
}

/// An account in Palette.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnedAccount {
    pub(crate) uid: String,
    /// The scope of the account: `tenant`, or `project/<uid>`.
    pub(crate) scope: String,
    pub(crate) name: String,
}

/// An account that a request was going to create.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Intent {
    pub(crate) scope: String,
    pub(crate) name: String,
}

/// The accounts that a delete request removes.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Removal {
    Nothing,
    /// Only the account with this uid, which an update (or the rollback of an update) has replaced.
    One(String),
    /// Every account of the resource.
    All,
}

/// Whether a message may handle its request now.
#[derive(Debug)]
pub(crate) enum Admission {
    /// The message has claimed the resource, and handles the request now.
    Begun,
    /// An earlier message has already answered the request, with this answer.
    Answered(Answer),
    /// A later request for the same resource was begun before this one.
    Superseded,
    /// Another message has claimed the resource.
    Claimed,
}

impl ResourceState {
    /// Claims the resource for a message, unless its request is answered or superseded, or another
    /// message has claimed the resource.
    pub(crate) fn try_claim(
        &mut self,
        request: &StackRequest,
        message: &SqsMessage,
        now: SystemTime,
    ) -> Admission {
        let sent = to_millis(request.sent);
        if let Some(known) = self.answers.iter().find(|known| known.request == request.id) {
            return Admission::Answered(known.answer.clone());
        }
        if self.latest.as_ref().is_some_and(|it| it.id != request.id && it.sent > sent) {
            return Admission::Superseded;
        }
        // An earlier delivery of the same message has ended: the queue hides a message for longer
        // than the function runs.
        let is_claimed = |claim: &Claim| {
            let is_own = claim.message == message.id && claim.delivery < message.deliveries;
            !is_own && claim.until > to_millis(now)
        };
        if self.claim.as_ref().is_some_and(is_claimed) {
            return Admission::Claimed;
        }
        let is_latest = self.latest.as_ref().is_some_and(|it| it.id == request.id);
        if !is_latest {
            self.latest = Some(BegunRequest { id: request.id.clone(), sent, waits: 0 });
        }
        self.claim = Some(Claim {
            message: message.id.clone(),
            delivery: message.deliveries,
            until: to_millis(now + CLAIM_DURATION),
        });
        Admission::Begun
    }

    /// Ends the claim, so that another message, or another delivery of this one, can claim the
    /// resource.
    pub(crate) fn release_claim(&mut self) {
        self.claim = None;
    }

    /// Counts one more delay of the current request, and returns the number of earlier delays.
    pub(crate) fn count_delay(&mut self) -> usize {
        self.latest.as_mut().map_or(usize::MAX, |latest| {
            latest.waits += 1;
            latest.waits - 1
        })
    }

    /// Records the answer to the current request, and ends the claim. The account of the answer
    /// becomes the current one only if `is_in_time`: CloudFormation ignores an answer that comes
    /// too late.
    pub(crate) fn record_answer(
        &mut self,
        request: &StackRequest,
        answer: &Answer,
        is_in_time: bool,
    ) {
        self.release_claim();
        if let Some(uid) = answer.registered_uid().filter(|_| is_in_time) {
            self.current = Some(uid.to_owned());
        }
        self.answers.push(KnownAnswer { request: request.id.clone(), answer: answer.clone() });
        truncate_to_last(&mut self.answers);
        truncate_to_last(&mut self.removed);
    }

    /// Returns `true` if the resource has registered this account, or may have.
    pub(crate) fn owns(&self, uid: &str, scope: &str, name: &str) -> bool {
        self.accounts.iter().any(|account| account.uid == uid)
            || self.intents.iter().any(|intent| intent.scope == scope && intent.name == name)
    }

    /// Records that the request is going to create an account.
    pub(crate) fn record_intent(&mut self, scope: &str, name: &str) {
        let intent = Intent { scope: scope.to_owned(), name: name.to_owned() };
        if !self.intents.contains(&intent) {
            self.intents.push(intent);
        }
    }

    /// Deletes the intent to create an account.
    pub(crate) fn forget_intent(&mut self, scope: &str, name: &str) {
        self.intents.retain(|intent| intent.scope != scope || intent.name != name);
    }

    /// Records that the resource has registered this account.
    pub(crate) fn record_registration(&mut self, account: OwnedAccount) {
        self.forget_intent(&account.scope, &account.name);
        self.accounts.retain(|known| known.uid != account.uid);
        self.removed.retain(|uid| *uid != account.uid);
        self.accounts.push(account);
    }

    /// Records that the account with this uid was removed from Palette.
    pub(crate) fn record_removal(&mut self, uid: &str) {
        self.accounts.retain(|account| account.uid != uid);
        if self.current.as_deref() == Some(uid) {
            self.current = None;
        }
        if !self.removed.iter().any(|known| known == uid) {
            self.removed.push(uid.to_owned());
        }
    }

    /// Returns the accounts of the resource that CloudFormation does not know, because it never
    /// received the answer that named them. `known` has the uids that CloudFormation knows.
    pub(crate) fn accounts_unknown_to_stack(&self, known: [Option<&str>; 2]) -> Vec<OwnedAccount> {
        let is_unknown = |account: &&OwnedAccount| !known.contains(&Some(account.uid.as_str()));
        self.accounts.iter().filter(is_unknown).cloned().collect()
    }

    /// Returns which accounts a delete request with this physical id removes.
    pub(crate) fn accounts_to_remove(&self, physical_id: &str) -> Removal {
        let is_owned = |uid: &str| self.accounts.iter().any(|account| account.uid == uid);
        if self.removed.iter().any(|uid| uid == physical_id) {
            return Removal::Nothing;
        }
        let is_replaced = is_owned(physical_id)
            && self.current.as_deref().is_some_and(|uid| uid != physical_id && is_owned(uid));
        if is_replaced {
            Removal::One(physical_id.to_owned())
        } else if self.accounts.is_empty() && self.intents.is_empty() {
            Removal::Nothing
        } else {
            Removal::All
        }
    }
}

/// The item of a resource in the table, as the function read it or last wrote it.
pub(crate) struct ResourceRecord<'a> {
    table: &'a ResourceTable,
    key: String,
    revision: Option<u64>,
    pub(crate) state: ResourceState,
}

impl<'a> ResourceRecord<'a> {
    /// Reads the item of a resource.
    pub(crate) async fn load(table: &'a ResourceTable, key: String) -> Result<Self, UpstreamError> {
        let Some(item) = table.get(&key).await? else {
            return Ok(Self { table, key, revision: None, state: ResourceState::default() });
        };
        let state = serde_json::from_str(&item.document).map_err(|_invalid| unreadable())?;
        Ok(Self { table, key, revision: Some(item.revision), state })
    }

    /// Writes the item, unless another message was first.
    pub(crate) async fn write(&mut self) -> Result<WriteOutcome, UpstreamError> {
        let state = &self.state;
        let is_over = state.accounts.is_empty() && state.intents.is_empty();
        let item = ResourceItem {
            revision: self.revision.map_or(1, |revision| revision + 1),
            document: serde_json::json!(state).to_string(),
            expires: is_over.then(|| clock::now() + RECORD_LIFETIME),
        };
        let outcome = self.table.put(&self.key, &item, self.revision).await?;
        if outcome == WriteOutcome::Written {
            self.revision = Some(item.revision);
        }
        Ok(outcome)
    }
}

fn truncate_to_last<T>(list: &mut Vec<T>) {
    let excess = list.len().saturating_sub(MAX_LIST_LENGTH);
    list.drain(..excess);
}

fn to_millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
