//! Roles and policies of an account, read without permission checks.
use std::collections::BTreeMap;

use serde_json::Value;

use super::setup::Account;
use super::store::{self, ParsedPolicy};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSnapshot {
    pub name: String,
    pub arn: String,
    pub trust: Value,
    /// ARNs of the attached policies, sorted.
    pub attached: Vec<String>,
    /// Names of the inline policies.
    pub inline: Vec<String>,
    pub tags: BTreeMap<String, String>,
    /// ARN of the permissions boundary.
    pub boundary: Option<String>,
}

/// A customer managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySnapshot {
    pub name: String,
    pub arn: String,
    /// Document of the default version.
    pub document: Value,
    /// Version numbers, oldest first.
    pub versions: Vec<u32>,
    /// Number of the default version.
    pub default: u32,
    pub tags: BTreeMap<String, String>,
    /// Names of the roles that it is attached to.
    pub roles: Vec<String>,
}

fn parse_json(text: &ParsedPolicy) -> Value {
    serde_json::from_str(&text.raw).unwrap_or_default()
}

impl Account {
    /// Returns all roles, sorted by name.
    pub fn roles(&self) -> Vec<RoleSnapshot> {
        let (store, (partition, id)) = (self.aws().store(), self.account_key());
        let seen = |role: &store::StoredRole| {
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
            .flat_map(|all| all.roles.values())
            .map(seen)
            .collect()
    }

    /// Returns a role by name.
    pub fn role_snapshot(&self, name: &str) -> Option<RoleSnapshot> {
        self.roles().into_iter().find(|role| role.name == name)
    }

    /// Returns all customer managed policies, sorted by ARN.
    pub fn policies(&self) -> Vec<PolicySnapshot> {
        let store = self.aws().store();
        let Some(all) = store.account(self.account_key()) else { return Vec::new() };
        let seen = |policy: &store::StoredPolicy| PolicySnapshot {
            name: policy.name.clone(),
            arn: policy.arn.clone(),
            document: policy
                .default_version()
                .map(|version| parse_json(&version.text))
                .unwrap_or_default(),
            versions: policy.versions.iter().map(|version| version.number).collect(),
            default: policy.default,
            tags: policy.tags.clone(),
            roles: all
                .roles
                .values()
                .filter(|role| role.policies.attached.contains(&policy.arn))
                .map(|role| role.name.clone())
                .collect(),
        };
        all.policies.values().map(seen).collect()
    }
}
