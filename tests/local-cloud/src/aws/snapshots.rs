//! Roles and managed policies of an account, as tests read them, without checks of permissions.
use std::collections::BTreeMap;

use serde_json::Value;

use super::setup::Account;
use super::store::{self, ParsedPolicy};

/// An IAM role at the time when a test read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSnapshot {
    pub name: String,
    pub arn: String,
    /// The trust policy.
    pub trust: Value,
    /// ARNs of the attached managed policies, sorted.
    pub attached: Vec<String>,
    /// Names of the inline policies.
    pub inline: Vec<String>,
    pub tags: BTreeMap<String, String>,
    /// ARN of the managed policy that is the permissions boundary.
    pub boundary: Option<String>,
}

/// A customer managed policy at the time when a test read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySnapshot {
    pub name: String,
    pub arn: String,
    /// The document of the default version.
    pub document: Value,
    /// The numbers of the versions, oldest first.
    pub versions: Vec<u32>,
    /// The number of the default version.
    pub default: u32,
    pub tags: BTreeMap<String, String>,
    /// Names of the roles that the policy is attached to.
    pub roles: Vec<String>,
}

fn parse_json(policy: &ParsedPolicy) -> Value {
    serde_json::from_str(&policy.raw).unwrap_or_default()
}

impl Account {
    /// Returns all roles in the account, sorted by name.
    pub fn roles(&self) -> Vec<RoleSnapshot> {
        let (store, (partition, id)) = (self.aws().store(), self.account_key());
        let to_snapshot = |role: &store::StoredRole| {
            let mut attached = role.policies.attached.clone();
            attached.sort();
            RoleSnapshot {
                name: role.name.clone(),
                arn: format!("arn:{partition}:iam::{id}:role{}{}", role.path, role.name),
                trust: parse_json(&role.trust),
                attached,
                inline: role.policies.inline.keys().cloned().collect(),
                tags: role.tags.clone(),
                boundary: role.policies.boundary.clone(),
            }
        };
        store
            .account(self.account_key())
            .into_iter()
            .flat_map(|account| account.roles.values())
            .map(to_snapshot)
            .collect()
    }

    /// Returns the role with this name.
    pub fn role_snapshot(&self, name: &str) -> Option<RoleSnapshot> {
        self.roles().into_iter().find(|role| role.name == name)
    }

    /// Returns all customer managed policies in the account, sorted by ARN.
    pub fn policies(&self) -> Vec<PolicySnapshot> {
        let store = self.aws().store();
        let Some(account) = store.account(self.account_key()) else { return Vec::new() };
        let to_snapshot = |policy: &store::StoredPolicy| PolicySnapshot {
            name: policy.name.clone(),
            arn: policy.arn.clone(),
            document: policy
                .default_version()
                .map(|version| parse_json(&version.policy))
                .unwrap_or_default(),
            versions: policy.versions.iter().map(|version| version.number).collect(),
            default: policy.default_number,
            tags: policy.tags.clone(),
            roles: account
                .roles
                .values()
                .filter(|role| role.policies.attached.contains(&policy.arn))
                .map(|role| role.name.clone())
                .collect(),
        };
        account.policies.values().map(to_snapshot).collect()
    }
}
