//! What messages tell: accounts that came, accounts that went. Read tolerantly, as AWS's events grow members without notice.

mod aft;
mod envelope;
mod organizations;
mod tower;
mod vended;

use std::fmt;

use gangway_model::{AccountId, Partition, UidOrName};

/// A message, understood.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Event {
    /// What it is.
    pub(crate) kind: Kind,
    /// What it means here.
    pub(crate) tidings: Tidings,
}

/// What events are called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
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

impl Kind {
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
pub(crate) enum Tidings {
    /// An account is there.
    Arrived(Subject),
    /// An account is closed, or is the organization's no more.
    Left(Subject, Leave),
    /// An account could not be made, for this reason.
    Failed(String),
    /// Nothing that concerns this deployment.
    Nothing(Why),
}

/// The account that an event is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Subject {
    /// Its number.
    pub(crate) account: AccountId,
    /// Whose it is to be in Palette, where the sender says so.
    pub(crate) project: Option<UidOrName>,
}

/// How an account went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Leave {
    /// It was closed.
    Closed,
    /// It is in the organization no more.
    Departed,
    /// The sender of the event wants it out of Palette.
    Asked,
}

/// Why an event means nothing here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Why {
    /// Nobody has told Gangway of such events.
    UnknownKind,
    /// What was begun has not come to an end, or to no good one.
    State(String),
    /// A call that AWS refused.
    CallFailed(String),
    /// It is about another partition.
    OtherPartition(Partition),
    /// The account is there for the bills of its twin in GovCloud.
    GovCloudTwin,
    /// Another event tells of accounts that were made, and knows more.
    Created,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKind => f.write_str("no kind of event that Gangway knows"),
            Self::State(state) => write!(f, "its state is {state}"),
            Self::CallFailed(code) => write!(f, "AWS refused the call: {code}"),
            Self::OtherPartition(partition) => write!(f, "it is about an account of {partition}"),
            Self::GovCloudTwin => f.write_str("the account is there for the bills of its twin in GovCloud"),
            Self::Created => f.write_str("CreateAccountResult tells of accounts that were made, and whether they have a twin in GovCloud"),
        }
    }
}

/// Why a message cannot be understood. Never its text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Unreadable {
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
    pub(crate) fn read(body: &str, deployed: Partition) -> Result<Self, Unreadable> {
        let told = envelope::open(body)?;
        let kind = told.kind();
        let tidings = match kind {
            Kind::Unknown => Tidings::Nothing(Why::UnknownKind),
            Kind::Aft => aft::read(told.body())?,
            Kind::AccountVended => vended::read(told.detail(), deployed)?,
            Kind::CreateAccountResult => organizations::created(&told, deployed)?,
            Kind::CreateManagedAccount
            | Kind::UpdateManagedAccount
            | Kind::AccountJoined
            | Kind::AccountDeparted
            | Kind::CloseAccountResult
            | Kind::RemoveAccount => match told.partition() {
                Some(other) if other != deployed => Tidings::Nothing(Why::OtherPartition(other)),
                Some(_) | None => at_home(kind, &told)?,
            },
        };
        Ok(Self { kind, tidings })
    }

    /// The account that it is about, as far as it says.
    pub(crate) fn account(&self) -> Option<AccountId> {
        match &self.tidings {
            Tidings::Arrived(subject) | Tidings::Left(subject, _) => Some(subject.account),
            Tidings::Failed(_) | Tidings::Nothing(_) => None,
        }
    }
}

/// Events that are only ever about the partition that they come from.
fn at_home(kind: Kind, told: &envelope::Told) -> Result<Tidings, Unreadable> {
    let detail = told.detail();
    match kind {
        Kind::AccountJoined => organizations::joined(detail),
        Kind::AccountDeparted => organizations::departed(detail),
        Kind::CloseAccountResult => organizations::closed(detail),
        Kind::RemoveAccount => organizations::removed(detail),
        Kind::CreateManagedAccount
        | Kind::UpdateManagedAccount
        | Kind::CreateAccountResult
        | Kind::Aft
        | Kind::AccountVended
        | Kind::Unknown => tower::read(detail),
    }
}

impl Subject {
    /// An account of which nothing more is said.
    const fn of(account: AccountId) -> Self {
        Self { account, project: None }
    }
}

#[cfg(test)]
mod tests;
