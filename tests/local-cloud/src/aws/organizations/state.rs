//! Organizations with their OUs and members, as the fake AWS stores them.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::aws::store::{AccountKey, Store};

/// The state of a member account: the member `State` in responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    PendingActivation,
    Active,
    Suspended,
    PendingClosure,
    /// The account is closed. In AWS, it can be reopened within 90 days.
    Closed,
}

impl AccountState {
    /// Returns the value of `State` in responses.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            AccountState::PendingActivation => "PENDING_ACTIVATION",
            AccountState::Active => "ACTIVE",
            AccountState::Suspended => "SUSPENDED",
            AccountState::PendingClosure => "PENDING_CLOSURE",
            AccountState::Closed => "CLOSED",
        }
    }

    /// Returns the value of `Status` in responses. AWS retired this member on 2026-09-09.
    const fn status(self) -> &'static str {
        match self {
            AccountState::PendingActivation | AccountState::Active => "ACTIVE",
            AccountState::PendingClosure => "PENDING_CLOSURE",
            AccountState::Suspended | AccountState::Closed => "SUSPENDED",
        }
    }

    /// Returns `true` if calls to an account in this state can succeed.
    pub(crate) const fn is_usable(self) -> bool {
        matches!(self, AccountState::Active | AccountState::PendingActivation)
    }
}

/// How an account joined the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinedMethod {
    /// The organization created the account.
    Created,
    /// The account accepted an invitation.
    Invited,
}

impl JoinedMethod {
    /// Returns the value of `JoinedMethod` in responses.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            JoinedMethod::Created => "CREATED",
            JoinedMethod::Invited => "INVITED",
        }
    }
}

/// A member account of an organization.
#[derive(Debug, Clone)]
pub(crate) struct StoredMember {
    pub(crate) name: String,
    pub(crate) email: String,
    /// The id of the root or OU that contains the account.
    pub(crate) parent: String,
    pub(crate) state: AccountState,
    /// How the account joined the organization.
    pub(crate) method: JoinedMethod,
    /// When the account joined the organization, in seconds since the Unix epoch.
    pub(crate) joined: i64,
    pub(crate) tags: BTreeMap<String, String>,
}

/// An organizational unit (OU).
#[derive(Debug, Clone)]
pub(crate) struct OrganizationalUnit {
    pub(crate) name: String,
    /// The id of the root or OU that contains the OU.
    pub(crate) parent: String,
}

/// A completed request to create an account.
#[derive(Debug, Clone)]
pub(crate) struct AccountCreation {
    /// The name of the new account.
    pub(crate) name: String,
    /// The id of the new account; `None` if the creation failed.
    pub(crate) account: Option<String>,
    /// The id of the GovCloud account that was created together with the new account.
    pub(crate) gov_cloud_account: Option<String>,
    /// Why the creation failed; `None` if it succeeded.
    pub(crate) failure: Option<String>,
    /// When the request was sent, in seconds since the Unix epoch.
    pub(crate) requested: i64,
    /// When the creation succeeded or failed, in seconds since the Unix epoch.
    pub(crate) completed: i64,
}

impl AccountCreation {
    /// Returns the value of `State` in responses.
    pub(crate) const fn state(&self) -> &'static str {
        if self.failure.is_some() { "FAILED" } else { "SUCCEEDED" }
    }

    /// Returns `CreateAccountStatus` of a response. `id` is the id of the request.
    pub(crate) fn status_json(&self, id: &str) -> Value {
        let mut status = json!({
            "Id": id,
            "AccountName": self.name,
            "State": self.state(),
            "RequestedTimestamp": self.requested,
            "CompletedTimestamp": self.completed,
        });
        let optional = [
            ("AccountId", &self.account),
            ("GovCloudAccountId", &self.gov_cloud_account),
            ("FailureReason", &self.failure),
        ];
        for (member, value) in optional {
            if let Some(value) = value {
                status[member] = value.as_str().into();
            }
        }
        status
    }
}

/// An organization with its OUs and members.
#[derive(Debug)]
pub(crate) struct StoredOrganization {
    pub(crate) partition: String,
    /// The id of the organization: `o-…`.
    pub(crate) id: String,
    /// The id of the root: `r-…`.
    pub(crate) root: String,
    /// The id of the management account.
    pub(crate) management: String,
    /// Whether accounts in responses have the member `Status`, which AWS has retired.
    pub(crate) includes_status: bool,
    /// Whether accounts in responses have the member `Paths`.
    pub(crate) includes_paths: bool,
    /// Ids of the accounts that never have the member `Paths`.
    pub(crate) without_path: BTreeSet<String>,
    /// The index of the page that is empty in every list.
    pub(crate) empty_page: usize,
    /// OUs by id.
    pub(crate) ous: BTreeMap<String, OrganizationalUnit>,
    /// Member accounts by account id.
    pub(crate) members: BTreeMap<String, StoredMember>,
    /// Account ids of delegated administrators.
    pub(crate) delegated_administrators: BTreeSet<String>,
    /// Requests to create an account, by their ids: `car-…`.
    pub(crate) account_creations: BTreeMap<String, AccountCreation>,
}

impl Store {
    /// Returns the id of the organization that an account is in.
    pub(crate) fn organization_id(&self, (partition, account): &AccountKey) -> Option<&str> {
        let organization = self.organizations.get(partition)?;
        let is_member =
            organization.management == *account || organization.members.contains_key(account);
        is_member.then_some(organization.id.as_str())
    }
}

impl StoredOrganization {
    /// Returns the ARN of a resource of the organization.
    fn arn(&self, resource: &str) -> String {
        format!("arn:{}:organizations::{}:{resource}", self.partition, self.management)
    }

    pub(crate) fn organization_arn(&self) -> String {
        self.arn(&format!("organization/{}", self.id))
    }

    pub(crate) fn account_arn(&self, account: &str) -> String {
        self.arn(&format!("account/{}/{account}", self.id))
    }

    /// Returns the ARN of the root or of an OU.
    pub(crate) fn parent_arn(&self, id: &str) -> String {
        let kind = if id.starts_with("r-") { "root" } else { "ou" };
        self.arn(&format!("{kind}/{}/{id}", self.id))
    }

    /// Returns `true` if the root or an OU has this id.
    pub(crate) fn is_root_or_ou(&self, id: &str) -> bool {
        id == self.root || self.ous.contains_key(id)
    }

    /// Returns the account with this id as JSON, as responses contain it.
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

    /// Returns the path of the account with this id: `o-…/r-…/ou-…/<account>/`.
    fn path(&self, id: &str, member: &StoredMember) -> String {
        let mut path = format!("{id}/");
        let mut parent = &member.parent;
        while let Some(ou) = self.ous.get(parent) {
            path = format!("{parent}/{path}");
            parent = &ou.parent;
        }
        format!("{}/{parent}/{path}", self.id)
    }

    /// Returns the OU with this id as JSON, as responses contain it.
    pub(crate) fn ou_json(&self, id: &str, ou: &OrganizationalUnit) -> Value {
        json!({"Id": id, "Arn": self.parent_arn(id), "Name": ou.name})
    }
}
