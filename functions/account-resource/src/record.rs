//! What the table knows of one resource of a stack. `docs/consistency.md` describes the protocol.

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

/// How long a message has a resource for itself: longer than the function runs.
const CLAIM: Duration = Duration::from_mins(3);

/// How long an item is kept after the last account of its resource was removed: longer than a message
/// waits in the queue, in its dead-letter queue, or in SNS.
const KEPT: Duration = Duration::from_hours(24 * 60);

/// Most answers and most ids of removed accounts that an item keeps.
const MAX_KEPT: usize = 20;

/// The state of one resource.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ResourceState {
    /// The newest request that was begun.
    latest: Option<BegunRequest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<Claim>,
    /// The last answers, oldest first.
    answers: Vec<KnownAnswer>,
    /// Accounts in Palette that the resource has registered.
    pub(crate) accounts: Vec<OwnedAccount>,
    /// Accounts that it may have registered: it was going to, and no account had the name.
    pub(crate) intents: Vec<Intent>,
    /// Uid of the account that the last answer of a success named.
    pub(crate) current: Option<String>,
    /// Uids of accounts that it has removed.
    pub(crate) removed: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct BegunRequest {
    id: String,
    /// Milliseconds since 1970.
    sent: u64,
    /// How often it has waited for AWS.
    waits: usize,
}

/// A message that works at the resource.
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
    /// `tenant`, or `project/<uid>`.
    pub(crate) scope: String,
    pub(crate) name: String,
}

/// An account that was to be created.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Intent {
    pub(crate) scope: String,
    pub(crate) name: String,
}

/// What a delete removes.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Removal {
    Nothing,
    /// Only the account with this uid: an update has replaced it, or the rollback of one.
    One(String),
    /// Every account of the resource.
    All,
}

/// What is to be done with a request.
#[derive(Debug)]
pub(crate) enum Admission {
    /// It is this message's turn.
    Begun,
    /// It has this answer already.
    Answered(Answer),
    /// A later request for the same resource was begun.
    Superseded,
    /// Another message works at the resource.
    Claimed,
}

impl ResourceState {
    /// Claims the resource for a message, if it is its turn.
    pub(crate) fn admit(
        &mut self,
        request: &StackRequest,
        message: &SqsMessage,
        now: SystemTime,
    ) -> Admission {
        let sent = millis(request.sent);
        if let Some(known) = self.answers.iter().find(|known| known.request == request.id) {
            return Admission::Answered(known.answer.clone());
        }
        if self.latest.as_ref().is_some_and(|it| it.id != request.id && it.sent > sent) {
            return Admission::Superseded;
        }
        // An earlier delivery of the same message has ended: the queue hides a message for longer than
        // the function runs.
        let is_claimed = |claim: &Claim| {
            let is_own = claim.message == message.id && claim.delivery < message.deliveries;
            !is_own && claim.until > millis(now)
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
            until: millis(now + CLAIM),
        });
        Admission::Begun
    }

    /// Ends the claim. Another delivery of the message, or another message, may begin.
    pub(crate) fn release(&mut self) {
        self.claim = None;
    }

    /// Counts one more wait of the request in progress, and returns how many there were before.
    pub(crate) fn count_wait(&mut self) -> usize {
        self.latest.as_mut().map_or(usize::MAX, |latest| {
            latest.waits += 1;
            latest.waits - 1
        })
    }

    /// Keeps the answer to the request in progress, and ends the claim. CloudFormation does not learn of an
    /// account whose answer comes too late.
    pub(crate) fn answer(&mut self, request: &StackRequest, answer: &Answer, is_in_time: bool) {
        self.release();
        if let Some(uid) = answer.registered_uid().filter(|_| is_in_time) {
            self.current = Some(uid.to_owned());
        }
        self.answers.push(KnownAnswer { request: request.id.clone(), answer: answer.clone() });
        keep_last(&mut self.answers);
        keep_last(&mut self.removed);
    }

    /// Returns `true` if the resource has registered this account, or may have.
    pub(crate) fn owns(&self, uid: &str, scope: &str, name: &str) -> bool {
        self.accounts.iter().any(|account| account.uid == uid)
            || self.intents.iter().any(|intent| intent.scope == scope && intent.name == name)
    }

    /// Notes that an account is going to be created.
    pub(crate) fn intend(&mut self, scope: &str, name: &str) {
        let intent = Intent { scope: scope.to_owned(), name: name.to_owned() };
        if !self.intents.contains(&intent) {
            self.intents.push(intent);
        }
    }

    /// Forgets that an account was going to be created: it was not.
    pub(crate) fn forget_intent(&mut self, scope: &str, name: &str) {
        self.intents.retain(|intent| intent.scope != scope || intent.name != name);
    }

    /// Notes that the resource is this account now.
    pub(crate) fn registered(&mut self, account: OwnedAccount) {
        self.forget_intent(&account.scope, &account.name);
        self.accounts.retain(|known| known.uid != account.uid);
        self.removed.retain(|uid| *uid != account.uid);
        self.accounts.push(account);
    }

    /// Notes that an account is removed.
    pub(crate) fn removed(&mut self, uid: &str) {
        self.accounts.retain(|account| account.uid != uid);
        if self.current.as_deref() == Some(uid) {
            self.current = None;
        }
        if !self.removed.iter().any(|known| known == uid) {
            self.removed.push(uid.to_owned());
        }
    }

    /// Returns the accounts that CloudFormation does not know: it never received the answer that named
    /// them. `known` are those that it knows.
    pub(crate) fn unknown_accounts(&self, known: [Option<&str>; 2]) -> Vec<OwnedAccount> {
        let is_unknown = |account: &&OwnedAccount| !known.contains(&Some(account.uid.as_str()));
        self.accounts.iter().filter(is_unknown).cloned().collect()
    }

    /// Returns what the delete of this physical id removes.
    pub(crate) fn removal_of(&self, physical_id: &str) -> Removal {
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

/// The item of a resource, as it was read or last written.
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
            expires: is_over.then(|| clock::now() + KEPT),
        };
        let outcome = self.table.put(&self.key, &item, self.revision).await?;
        if outcome == WriteOutcome::Written {
            self.revision = Some(item.revision);
        }
        Ok(outcome)
    }
}

fn keep_last<T>(list: &mut Vec<T>) {
    let excess = list.len().saturating_sub(MAX_KEPT);
    list.drain(..excess);
}

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
