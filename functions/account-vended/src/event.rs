//! Events about accounts that were created, closed or removed.
//!
//! The parsers ignore unknown members, because AWS adds members without notice. This module does
//! not use the event types of `aws_lambda_events`, because these require members that some senders
//! omit.

mod aft;
mod control_tower;
mod envelope;
mod organizations;
mod vended;

use std::fmt;

use gangway_model::{AccountId, EventOrigin, Partition, UidOrName};
use serde_json::Value;

/// A parsed message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Event {
    pub(crate) kind: EventType,
    /// What happened to an account, for a deployment in this partition.
    pub(crate) change: AccountEvent,
    /// When the event was sent, and whether it was replayed.
    pub(crate) origin: EventOrigin,
    /// The member `source` of the EventBridge event.
    pub(crate) source: Option<String>,
    /// Whether the event came in an SNS notification.
    pub(crate) is_from_sns: bool,
}

/// The member `source` of events that the function `account-sweep` sends.
const SWEEP_SOURCE: &str = "gangway";

impl Event {
    /// Returns who sent the event. The sweep sends its events directly to the queue, never through
    /// SNS.
    pub(crate) fn sender(&self) -> Sender {
        if self.kind != EventType::AccountVended {
            Sender::Aws
        } else if !self.is_from_sns && self.source.as_deref() == Some(SWEEP_SOURCE) {
            Sender::Sweep
        } else {
            Sender::Pipeline
        }
    }
}

/// Who sent an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sender {
    /// Control Tower, Organizations or Account Factory for Terraform.
    Aws,
    /// A vending pipeline of the company. It may wait for an outcome event.
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
    /// An account joined the organization: it was created there, or accepted an invitation.
    AccountJoined,
    /// An account left the organization, was removed from it or was deleted.
    AccountDeparted,
    /// An account was closed.
    CloseAccountResult,
    /// Somebody removed an account from the organization.
    RemoveAccount,
    /// Account Factory for Terraform created an account.
    Aft,
    /// A vending pipeline of the company, or the sweep, asks to onboard or offboard an account.
    AccountVended,
    /// An event that Gangway does not know.
    Unknown,
}

impl EventType {
    /// Returns the name that the sender uses for this type of event.
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

/// What happened to an account, for a deployment in one partition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum AccountEvent {
    /// The account was created, or its sender asks to onboard it.
    Created(AccountRef),
    /// The account was closed or left the organization, or the sender asks to offboard it.
    Removed(AccountRef, RemovalReason),
    /// The sweep asks to compare what Gangway made for the account with what is there now.
    Compared(AccountRef),
    /// AWS could not create the account, for this reason.
    CreationFailed(String),
    /// The event does not concern this deployment.
    Ignored(IgnoreReason),
}

/// The account that an event is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct AccountRef {
    pub(crate) id: AccountId,
    /// The Palette project in which to register the account, if the sender names one.
    pub(crate) project: Option<UidOrName>,
}

/// Why an account is to be offboarded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RemovalReason {
    /// The account was closed.
    Closed,
    /// The account left the organization.
    Departed,
    /// The sender of the event asks to offboard the account.
    Requested,
}

/// Why an event is ignored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum IgnoreReason {
    /// Gangway does not know this type of event.
    UnknownType,
    /// The operation of AWS has this state: it has not ended, or it has failed.
    State(String),
    /// AWS refused the API call that the event reports, with this error code.
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

/// Why a message is invalid. The error never contains text of the message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum InvalidEvent {
    #[error("the message is not a JSON object")]
    NotJson,
    /// The event has no valid account id, which events of this type must have.
    #[error("the event names no AWS account id of 12 digits")]
    NoAccount,
    /// The `schemaVersion` of an `AWS Account Vended` event is not `1`.
    #[error("schemaVersion must be \"1\"")]
    Version,
    /// The `action` of an `AWS Account Vended` event is neither `onboard` nor `offboard`.
    #[error("action must be onboard or offboard")]
    Action,
    /// The `partition` of an `AWS Account Vended` event is not a partition of AWS.
    #[error("partition must be one of aws, aws-us-gov, aws-iso-b, aws-iso")]
    Partition,
    /// The `project` of an `AWS Account Vended` event is neither a uid nor a name.
    #[error("project must be the uid or the name of a Palette project")]
    Project,
}

impl Event {
    /// Parses the body of an SQS message, for a deployment in the partition `deployed`.
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
        let is_from_sns = envelope.is_from_sns();
        let event = Self { kind, change, origin: envelope.origin(), source, is_from_sns };
        let is_comparison = matches!(event.change, AccountEvent::Compared(_));
        if is_comparison && event.sender() != Sender::Sweep {
            return Err(InvalidEvent::Action);
        }
        Ok(event)
    }

    /// Returns the account that the event names, if any.
    pub(crate) fn account(&self) -> Option<AccountId> {
        match &self.change {
            AccountEvent::Created(account)
            | AccountEvent::Compared(account)
            | AccountEvent::Removed(account, _) => Some(account.id),
            AccountEvent::CreationFailed(_) | AccountEvent::Ignored(_) => None,
        }
    }
}

/// Parses the detail of an event of AWS that is always about an account in the partition of its
/// sender.
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
