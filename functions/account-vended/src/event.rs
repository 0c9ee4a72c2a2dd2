//! What messages tell: accounts that came, accounts that went. Read tolerantly, as AWS's events grow members without notice.

mod aft;
mod control_tower;
mod envelope;
mod organizations;
mod vended;

use std::fmt;

use gangway_model::{AccountId, Partition, UidOrName};

/// A message, understood.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Event {
    /// What it is.
    pub(crate) kind: EventType,
    /// What it means here.
    pub(crate) tidings: AccountEvent,
}

/// What events are called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum EventType {
    /// Control Tower made an account.
    CreateManagedAccount,
    /// Control Tower enrolled an account, or tried again to make one.
    UpdateManagedAccount,
    /// Organizations made an account, or two.
    CreateAccountResult,
    /// An account was made in the organization or was invited to it.
    AccountJoined,
    /// An account left, was removed, or is gone for good.
    AccountDeparted,
    /// An account was closed.
    CloseAccountResult,
    /// Somebody removed an account.
    RemoveAccount,
    /// Account Factory for Terraform has made an account.
    Aft,
    /// Gangway's own event.
    AccountVended,
    /// None that Gangway knows.
    Unknown,
}

impl EventType {
    /// As its sender calls it.
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

/// What an event means to a deployment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum AccountEvent {
    /// An account is there.
    Created(AccountRef),
    /// An account is closed, or is the organization's no more.
    Removed(AccountRef, RemovalReason),
    /// An account could not be made, for this reason.
    CreationFailed(String),
    /// Nothing that concerns this deployment.
    Ignored(IgnoreReason),
}

/// The account that an event is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct AccountRef {
    /// Its number.
    pub(crate) account: AccountId,
    /// Whose it is to be in Palette, where the sender says so.
    pub(crate) project: Option<UidOrName>,
}

/// How an account went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RemovalReason {
    /// It was closed.
    Closed,
    /// It is in the organization no more.
    Departed,
    /// The sender of the event wants it out of Palette.
    Requested,
}

/// Why an event means nothing here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum IgnoreReason {
    /// Nobody has told Gangway of such events.
    UnknownKind,
    /// What was begun has not come to an end, or to no good one.
    State(String),
    /// A call that AWS refused.
    CallFailed(String),
    /// It is about another partition.
    OtherPartition(Partition),
    /// The account is there for the bills of its twin in GovCloud.
    GovCloudPair,
    /// Another event tells of accounts that were made, and knows more.
    Created,
}

impl fmt::Display for IgnoreReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKind => f.write_str("no kind of event that Gangway knows"),
            Self::State(state) => write!(f, "its state is {state}"),
            Self::CallFailed(code) => write!(f, "AWS refused the call: {code}"),
            Self::OtherPartition(partition) => write!(f, "it is about an account of {partition}"),
            Self::GovCloudPair => f.write_str("the account is there for the bills of its twin in GovCloud"),
            Self::Created => f.write_str("CreateAccountResult tells of accounts that were made, and whether they have a twin in GovCloud"),
        }
    }
}

/// Why a message cannot be understood. Never its text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum InvalidEvent {
    /// Not an event at all.
    #[error("the message is not a JSON object")]
    NotJson,
    /// It is of a kind that names an account, and names none.
    #[error("the event names no AWS account id of 12 digits")]
    NoAccount,
    /// Gangway's own event, of another version.
    #[error("schemaVersion must be \"1\"")]
    Version,
    /// Gangway's own event, without a known action.
    #[error("action must be onboard or offboard")]
    Action,
    /// Gangway's own event, with a partition that there is not.
    #[error("partition must be one of aws, aws-us-gov, aws-iso-b, aws-iso")]
    Partition,
    /// Gangway's own event, with a project that cannot be one.
    #[error("project must be the uid or the name of a Palette project")]
    Project,
}

impl Event {
    /// Understands a message, as the deployment of this partition.
    pub(crate) fn parse(body: &str, deployed: Partition) -> Result<Self, InvalidEvent> {
        let told = envelope::parse(body)?;
        let kind = told.kind();
        let tidings = match kind {
            EventType::Unknown => AccountEvent::Ignored(IgnoreReason::UnknownKind),
            EventType::Aft => aft::read(told.body())?,
            EventType::AccountVended => vended::read(told.detail(), deployed)?,
            EventType::CreateAccountResult => organizations::created(&told, deployed)?,
            EventType::CreateManagedAccount
            | EventType::UpdateManagedAccount
            | EventType::AccountJoined
            | EventType::AccountDeparted
            | EventType::CloseAccountResult
            | EventType::RemoveAccount => match told.partition() {
                Some(other) if other != deployed => {
                    AccountEvent::Ignored(IgnoreReason::OtherPartition(other))
                }
                Some(_) | None => in_partition(kind, &told)?,
            },
        };
        Ok(Self { kind, tidings })
    }

    /// The account that it is about, as far as it says.
    pub(crate) fn account(&self) -> Option<AccountId> {
        match &self.tidings {
            AccountEvent::Created(subject) | AccountEvent::Removed(subject, _) => {
                Some(subject.account)
            }
            AccountEvent::CreationFailed(_) | AccountEvent::Ignored(_) => None,
        }
    }
}

/// Events that are only ever about the partition that they come from.
fn in_partition(
    kind: EventType,
    told: &envelope::EventEnvelope,
) -> Result<AccountEvent, InvalidEvent> {
    let detail = told.detail();
    match kind {
        EventType::AccountJoined => organizations::joined(detail),
        EventType::AccountDeparted => organizations::departed(detail),
        EventType::CloseAccountResult => organizations::closed(detail),
        EventType::RemoveAccount => organizations::removed(detail),
        EventType::CreateManagedAccount
        | EventType::UpdateManagedAccount
        | EventType::CreateAccountResult
        | EventType::Aft
        | EventType::AccountVended
        | EventType::Unknown => control_tower::read(detail),
    }
}

impl AccountRef {
    /// An account of which nothing more is said.
    const fn of(account: AccountId) -> Self {
        Self { account, project: None }
    }
}

#[cfg(test)]
mod tests;
