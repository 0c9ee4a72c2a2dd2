//! Events about accounts that were created, closed or removed.
//!
//! Events are parsed tolerantly, because AWS adds members without notice. That is why this module does
//! not use the event types of `aws_lambda_events`: they require members that some senders leave out.

mod aft;
mod control_tower;
mod envelope;
mod organizations;
mod vended;

use std::fmt;

use gangway_model::{AccountId, EventOrigin, Partition, UidOrName};
use serde_json::Value;

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Event {
    pub(crate) kind: EventType,
    /// What the event means to this deployment.
    pub(crate) change: AccountEvent,
    /// When the event was sent, and whether it was replayed.
    pub(crate) origin: EventOrigin,
    /// The member `source`.
    pub(crate) source: Option<String>,
    /// Whether a notification of SNS contains the event.
    pub(crate) is_notified: bool,
}

/// `source` of the events of the function `account-sweep`.
const SWEEP_SOURCE: &str = "gangway";

impl Event {
    /// Returns who sent it. The sweep sends its events to the queue itself.
    pub(crate) fn sender(&self) -> Sender {
        if self.kind != EventType::AccountVended {
            Sender::Aws
        } else if !self.is_notified && self.source.as_deref() == Some(SWEEP_SOURCE) {
            Sender::Sweep
        } else {
            Sender::Pipeline
        }
    }
}

/// Who sent an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sender {
    Aws,
    /// A vending pipeline, which asked for this account and may wait for it.
    Pipeline,
    /// The function `account-sweep`.
    Sweep,
}

/// The type of an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum EventType {
    /// Control Tower created an account.
    CreateManagedAccount,
    /// Control Tower registered or updated an account, or retried a failed creation.
    UpdateManagedAccount,
    /// Organizations created an account, or a GovCloud account with its paired account.
    CreateAccountResult,
    /// An account was created in the organization or was invited to it.
    AccountJoined,
    /// An account left the organization, was removed from it or was deleted.
    AccountDeparted,
    /// An account was closed.
    CloseAccountResult,
    /// Somebody removed an account from the organization.
    RemoveAccount,
    /// Account Factory for Terraform created an account.
    Aft,
    /// Gangway's own event, for other vending pipelines.
    AccountVended,
    /// An event that Gangway does not know.
    Unknown,
}

impl EventType {
    /// Returns the sender's name of the event.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::CreateManagedAccount => "CreateManagedAccount",
            Self::UpdateManagedAccount => "UpdateManagedAccount",
            Self::CreateAccountResult => "CreateAccountResult",
            Self::AccountJoined => "AccountJoinedOrganization",
            Self::AccountDeparted => "AccountDepartedOrganization",
            Self::CloseAccountResult => "CloseAccountResult",
            Self::RemoveAccount => "RemoveAccountFromOrganization",
            Self::Aft => "AccountFactoryForTerraform",
            Self::AccountVended => "AccountVended",
            Self::Unknown => "unknown",
        }
    }
}

/// What an event means to this deployment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum AccountEvent {
    /// An account exists.
    Created(AccountRef),
    /// An account is closed, or left the organization.
    Removed(AccountRef, RemovalReason),
    /// An account could not be created, for this reason.
    CreationFailed(String),
    /// The event does not concern this deployment.
    Ignored(IgnoreReason),
}

/// The account that an event is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct AccountRef {
    pub(crate) id: AccountId,
    /// The Palette project of the account, if the sender names one.
    pub(crate) project: Option<UidOrName>,
}

/// Why an account is to be offboarded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RemovalReason {
    /// It was closed.
    Closed,
    /// It left the organization.
    Departed,
    /// The sender of the event asks for it.
    Requested,
}

/// Why an event is ignored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum IgnoreReason {
    /// Gangway does not know this type of event.
    UnknownType,
    /// The operation has not ended, or has failed.
    State(String),
    /// AWS rejected the call, with this error code.
    CallFailed(String),
    /// The account is in another partition.
    OtherPartition(Partition),
    /// The account exists only to bill its paired account in GovCloud.
    GovCloudPair,
    /// `CreateAccountResult` reports the same account, with more details.
    ReportedByCreateResult,
}

impl fmt::Display for IgnoreReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownType => f.write_str("Gangway does not know this type of event"),
            Self::State(state) => write!(f, "its state is {state}"),
            Self::CallFailed(code) => write!(f, "AWS rejected the call: {code}"),
            Self::OtherPartition(partition) => write!(f, "the account is in partition {partition}"),
            Self::GovCloudPair => {
                f.write_str("the account exists only to bill its paired account in GovCloud")
            }
            Self::ReportedByCreateResult => {
                f.write_str("CreateAccountResult reports the same account")
            }
        }
    }
}

/// Why a message is invalid. Never contains text of the message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum InvalidEvent {
    #[error("the message is not a JSON object")]
    NotJson,
    /// Events of this type must name an account.
    #[error("the event names no AWS account id of 12 digits")]
    NoAccount,
    /// Gangway's own event has another version.
    #[error("schemaVersion must be \"1\"")]
    Version,
    /// Gangway's own event has no known action.
    #[error("action must be onboard or offboard")]
    Action,
    /// Gangway's own event names a partition that does not exist.
    #[error("partition must be one of aws, aws-us-gov, aws-iso-b, aws-iso")]
    Partition,
    /// Gangway's own event names a project in an invalid way.
    #[error("project must be the uid or the name of a Palette project")]
    Project,
}

impl Event {
    /// Parses a message, for a deployment in this partition.
    pub(crate) fn parse(body: &str, deployed: Partition) -> Result<Self, InvalidEvent> {
        let envelope = envelope::parse(body)?;
        let kind = envelope.kind();
        let change = match kind {
            EventType::Unknown => AccountEvent::Ignored(IgnoreReason::UnknownType),
            EventType::Aft => aft::parse(envelope.account_info())?,
            EventType::AccountVended => vended::parse(envelope.detail(), deployed)?,
            EventType::CreateAccountResult => {
                organizations::parse_create_result(&envelope, deployed)?
            }
            EventType::CreateManagedAccount
            | EventType::UpdateManagedAccount
            | EventType::AccountJoined
            | EventType::AccountDeparted
            | EventType::CloseAccountResult
            | EventType::RemoveAccount => match envelope.partition() {
                Some(other) if other != deployed => {
                    AccountEvent::Ignored(IgnoreReason::OtherPartition(other))
                }
                Some(_) | None => parse_in_partition(kind, envelope.detail())?,
            },
        };
        let source = envelope.source().map(str::to_owned);
        let is_notified = envelope.is_notified();
        Ok(Self { kind, change, origin: envelope.origin(), source, is_notified })
    }

    /// Returns the account that the event names, if any.
    pub(crate) fn account(&self) -> Option<AccountId> {
        match &self.change {
            AccountEvent::Created(account) | AccountEvent::Removed(account, _) => Some(account.id),
            AccountEvent::CreationFailed(_) | AccountEvent::Ignored(_) => None,
        }
    }
}

/// Parses an event that is always about the partition that it comes from.
fn parse_in_partition(kind: EventType, detail: &Value) -> Result<AccountEvent, InvalidEvent> {
    match kind {
        EventType::AccountJoined => organizations::parse_joined(detail),
        EventType::AccountDeparted => organizations::parse_departed(detail),
        EventType::CloseAccountResult => organizations::parse_close_result(detail),
        EventType::RemoveAccount => organizations::parse_remove_call(detail),
        EventType::CreateManagedAccount
        | EventType::UpdateManagedAccount
        | EventType::CreateAccountResult
        | EventType::Aft
        | EventType::AccountVended
        | EventType::Unknown => control_tower::parse(detail),
    }
}

impl AccountRef {
    const fn new(id: AccountId) -> Self {
        Self { id, project: None }
    }
}

#[cfg(test)]
mod tests;
