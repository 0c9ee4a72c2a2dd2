//! What an organization is made of.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// Where an account is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Made, not yet usable.
    PendingActivation,
    /// In use.
    Active,
    /// Suspended by AWS.
    Suspended,
    /// Its closing was asked for.
    PendingClosure,
    /// Closed; for 90 days it can be opened again.
    Closed,
}

impl State {
    pub(crate) const fn id(self) -> &'static str {
        match self {
            State::PendingActivation => "PENDING_ACTIVATION",
            State::Active => "ACTIVE",
            State::Suspended => "SUSPENDED",
            State::PendingClosure => "PENDING_CLOSURE",
            State::Closed => "CLOSED",
        }
    }

    /// What the member that was retired on 2026-09-09 said.
    const fn status(self) -> &'static str {
        match self {
            State::PendingActivation | State::Active => "ACTIVE",
            State::PendingClosure => "PENDING_CLOSURE",
            State::Suspended | State::Closed => "SUSPENDED",
        }
    }

    /// Whether somebody can still get in.
    pub(crate) const fn is_open(self) -> bool {
        matches!(self, State::Active | State::PendingActivation)
    }
}

/// How an account became a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// Made by the organization.
    Created,
    /// It was there, and was asked to come.
    Invited,
}

impl Joined {
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Joined::Created => "CREATED",
            Joined::Invited => "INVITED",
        }
    }
}

/// A member account.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) email: String,
    /// The id of the root or of an organizational unit.
    pub(crate) parent: String,
    pub(crate) state: State,
    pub(crate) method: Joined,
    /// Seconds since the Unix epoch.
    pub(crate) joined: i64,
    pub(crate) tags: BTreeMap<String, String>,
}

/// An organizational unit.
#[derive(Debug, Clone)]
pub(crate) struct OrganizationalUnit {
    pub(crate) name: String,
    pub(crate) parent: String,
}

/// What became of a request to create an account.
#[derive(Debug, Clone)]
pub(crate) struct Creation {
    pub(crate) name: String,
    pub(crate) account: Option<String>,
    pub(crate) gov_cloud_account: Option<String>,
    pub(crate) failure: Option<String>,
    pub(crate) requested: i64,
    pub(crate) completed: i64,
}

impl Creation {
    pub(crate) const fn state(&self) -> &'static str {
        if self.failure.is_some() { "FAILED" } else { "SUCCEEDED" }
    }

    pub(crate) fn status(&self, id: &str) -> Value {
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

/// An organization.
#[derive(Debug)]
pub(crate) struct Organization {
    pub(crate) partition: String,
    /// `o-…`
    pub(crate) id: String,
    /// `r-…`
    pub(crate) root: String,
    pub(crate) management: String,
    /// Whether answers still have the retired `Status`.
    pub(crate) tells_status: bool,
    /// Whether accounts come with their `Paths`.
    pub(crate) tells_paths: bool,
    /// Those that come without all the same.
    pub(crate) pathless: BTreeSet<String>,
    /// Which page of a list is empty, counted from 0.
    pub(crate) empty_page: usize,
    /// By id: `ou-…`
    pub(crate) units: BTreeMap<String, OrganizationalUnit>,
    /// By account id.
    pub(crate) members: BTreeMap<String, Member>,
    /// Account ids of delegated administrators.
    pub(crate) delegates: BTreeSet<String>,
    /// By id: `car-…`
    pub(crate) creations: BTreeMap<String, Creation>,
}

impl Organization {
    fn arn(&self, rest: &str) -> String {
        format!("arn:{}:organizations::{}:{rest}", self.partition, self.management)
    }

    pub(crate) fn organization_arn(&self) -> String {
        self.arn(&format!("organization/{}", self.id))
    }

    pub(crate) fn account_arn(&self, account: &str) -> String {
        self.arn(&format!("account/{}/{account}", self.id))
    }

    /// Of a root or an organizational unit.
    pub(crate) fn parent_arn(&self, id: &str) -> String {
        let kind = if id.starts_with("r-") { "root" } else { "ou" };
        self.arn(&format!("{kind}/{}/{id}", self.id))
    }

    pub(crate) fn has_parent(&self, id: &str) -> bool {
        id == self.root || self.units.contains_key(id)
    }

    pub(crate) fn account(&self, id: &str, member: &Member) -> Value {
        let mut account = json!({
            "Id": id,
            "Arn": self.account_arn(id),
            "Email": member.email,
            "Name": member.name,
            "State": member.state.id(),
            "JoinedMethod": member.method.id(),
            "JoinedTimestamp": member.joined,
        });
        if self.tells_status {
            account["Status"] = member.state.status().into();
        }
        if self.tells_paths && !self.pathless.contains(id) {
            account["Paths"] = json!([self.path(id, member)]);
        }
        account
    }

    /// From the organization down to the account: `o-…/r-…/ou-…/<account>/`.
    fn path(&self, id: &str, member: &Member) -> String {
        let mut path = format!("{id}/");
        let mut parent = &member.parent;
        while let Some(unit) = self.units.get(parent) {
            path = format!("{parent}/{path}");
            parent = &unit.parent;
        }
        format!("{}/{parent}/{path}", self.id)
    }

    pub(crate) fn unit(&self, id: &str, unit: &OrganizationalUnit) -> Value {
        json!({"Id": id, "Arn": self.parent_arn(id), "Name": unit.name})
    }
}
