//! Stored data of Organizations.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::aws::store::{AccountKey, Store};

/// State of a member account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    PendingActivation,
    Active,
    Suspended,
    PendingClosure,
    /// Closed. It can be reopened for 90 days.
    Closed,
}

impl AccountState {
    pub(crate) const fn id(self) -> &'static str {
        match self {
            AccountState::PendingActivation => "PENDING_ACTIVATION",
            AccountState::Active => "ACTIVE",
            AccountState::Suspended => "SUSPENDED",
            AccountState::PendingClosure => "PENDING_CLOSURE",
            AccountState::Closed => "CLOSED",
        }
    }

    /// Returns the value of `Status`, which AWS retired on 2026-09-09.
    const fn status(self) -> &'static str {
        match self {
            AccountState::PendingActivation | AccountState::Active => "ACTIVE",
            AccountState::PendingClosure => "PENDING_CLOSURE",
            AccountState::Suspended | AccountState::Closed => "SUSPENDED",
        }
    }

    /// Returns `true` if roles in the account can be assumed.
    pub(crate) const fn is_usable(self) -> bool {
        matches!(self, AccountState::Active | AccountState::PendingActivation)
    }
}

/// How an account joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinedMethod {
    Created,
    Invited,
}

impl JoinedMethod {
    pub(crate) const fn id(self) -> &'static str {
        match self {
            JoinedMethod::Created => "CREATED",
            JoinedMethod::Invited => "INVITED",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct StoredMember {
    pub(crate) name: String,
    pub(crate) email: String,
    /// Id of the parent root or OU.
    pub(crate) parent: String,
    pub(crate) state: AccountState,
    pub(crate) method: JoinedMethod,
    /// Time at which the account joined the organization, in seconds since the Unix epoch.
    pub(crate) joined: i64,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub(crate) struct OrganizationalUnit {
    pub(crate) name: String,
    pub(crate) parent: String,
}

/// A request to create an account.
#[derive(Debug, Clone)]
pub(crate) struct AccountCreation {
    pub(crate) name: String,
    pub(crate) account: Option<String>,
    pub(crate) gov_cloud_account: Option<String>,
    pub(crate) failure: Option<String>,
    pub(crate) requested: i64,
    pub(crate) completed: i64,
}

impl AccountCreation {
    pub(crate) const fn state(&self) -> &'static str {
        if self.failure.is_some() { "FAILED" } else { "SUCCEEDED" }
    }

    pub(crate) fn status_json(&self, id: &str) -> Value {
        let mut status = json!({
            "Id": id,
            "AccountName": self.name,
            "State": self.state(),
            "RequestedTimestamp": self.requested,
            "CompletedTimestamp": self.completed,
        });
        let more = [
            ("AccountId", &self.account),
            ("GovCloudAccountId", &self.gov_cloud_account),
            ("FailureReason", &self.failure),
        ];
        for (member, value) in more {
            if let Some(value) = value {
                status[member] = value.as_str().into();
            }
        }
        status
    }
}

#[derive(Debug)]
pub(crate) struct StoredOrganization {
    pub(crate) partition: String,
    /// The id of the organization, such as `o-a1b2c3`.
    pub(crate) id: String,
    /// The id of the root, such as `r-a1b2`.
    pub(crate) root: String,
    pub(crate) management: String,
    /// Whether responses contain the retired `Status` field.
    pub(crate) includes_status: bool,
    /// Whether accounts contain `Paths`.
    pub(crate) includes_paths: bool,
    /// Accounts without `Paths`.
    pub(crate) without_path: BTreeSet<String>,
    /// Index of the page that is empty in every list.
    pub(crate) empty_page: usize,
    /// The ous by OU id.
    pub(crate) ous: BTreeMap<String, OrganizationalUnit>,
    /// The members by account id.
    pub(crate) members: BTreeMap<String, StoredMember>,
    /// Account ids of delegated administrators.
    pub(crate) delegated_administrators: BTreeSet<String>,
    /// The account creations by request id, `car-…`.
    pub(crate) account_creations: BTreeMap<String, AccountCreation>,
}

impl Store {
    /// Returns the id of the organization that an account is in.
    pub(crate) fn organization_id(&self, (partition, account): &AccountKey) -> Option<&str> {
        let organization = self.organizations.get(partition)?;
        let is_in =
            organization.management == *account || organization.members.contains_key(account);
        is_in.then_some(organization.id.as_str())
    }
}

impl StoredOrganization {
    fn arn(&self, rest: &str) -> String {
        format!("arn:{}:organizations::{}:{rest}", self.partition, self.management)
    }

    pub(crate) fn organization_arn(&self) -> String {
        self.arn(&format!("organization/{}", self.id))
    }

    pub(crate) fn account_arn(&self, account: &str) -> String {
        self.arn(&format!("account/{}/{account}", self.id))
    }

    /// Returns the ARN of a root or OU.
    pub(crate) fn parent_arn(&self, id: &str) -> String {
        let kind = if id.starts_with("r-") { "root" } else { "ou" };
        self.arn(&format!("{kind}/{}/{id}", self.id))
    }

    pub(crate) fn has_parent(&self, id: &str) -> bool {
        id == self.root || self.ous.contains_key(id)
    }

    pub(crate) fn account_json(&self, id: &str, member: &StoredMember) -> Value {
        let mut account = json!({
            "Id": id,
            "Arn": self.account_arn(id),
            "Email": member.email,
            "Name": member.name,
            "State": member.state.id(),
            "JoinedMethod": member.method.id(),
            "JoinedTimestamp": member.joined,
        });
        if self.includes_status {
            account["Status"] = member.state.status().into();
        }
        if self.includes_paths && !self.without_path.contains(id) {
            account["Paths"] = json!([self.path(id, member)]);
        }
        account
    }

    /// Returns the path `o-…/r-…/ou-…/<account>/`.
    fn path(&self, id: &str, member: &StoredMember) -> String {
        let mut path = format!("{id}/");
        let mut parent = &member.parent;
        while let Some(ou) = self.ous.get(parent) {
            path = format!("{parent}/{path}");
            parent = &ou.parent;
        }
        format!("{}/{parent}/{path}", self.id)
    }

    pub(crate) fn ou_json(&self, id: &str, ou: &OrganizationalUnit) -> Value {
        json!({"Id": id, "Arn": self.parent_arn(id), "Name": ou.name})
    }
}
