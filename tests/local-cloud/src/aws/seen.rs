//! Roles and policies of an account as a test sees them, with no permission asked.
use std::collections::BTreeMap;

use serde_json::Value;

use super::setup::Account;
use super::store::{self, PolicyText};

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSeen {
    /// Its name.
    pub name: String,
    /// With its path.
    pub arn: String,
    /// Its trust policy.
    pub trust: Value,
    /// ARNs of attached policies, sorted.
    pub attached: Vec<String>,
    /// Names of inline policies.
    pub inline: Vec<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
}

/// A policy of the account's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySeen {
    /// Its name.
    pub name: String,
    /// With its path.
    pub arn: String,
    /// The document in force.
    pub document: Value,
    /// Numbers of its versions, the oldest first.
    pub versions: Vec<u32>,
    /// The number of the version in force.
    pub default: u32,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Names of the roles that it is attached to.
    pub roles: Vec<String>,
}

fn json(text: &PolicyText) -> Value {
    serde_json::from_str(&text.raw).unwrap_or_default()
}

impl Account {
    /// Every role, by name.
    pub fn roles(&self) -> Vec<RoleSeen> {
        let (store, (partition, id)) = (self.aws().store(), self.home());
        let seen = |role: &store::Role| {
            let mut attached = role.grants.attached.clone();
            attached.sort();
            RoleSeen {
                name: role.name.clone(),
                arn: format!("arn:{partition}:iam::{id}:role{}{}", role.path, role.name),
                trust: json(&role.trust),
                attached,
                inline: role.grants.inline.keys().cloned().collect(),
                tags: role.tags.clone(),
                boundary: role.grants.boundary.clone(),
            }
        };
        store
            .account(self.home())
            .into_iter()
            .flat_map(|all| all.roles.values())
            .map(seen)
            .collect()
    }

    /// A role by name.
    pub fn role_seen(&self, name: &str) -> Option<RoleSeen> {
        self.roles().into_iter().find(|role| role.name == name)
    }

    /// Every policy of its own, by ARN.
    pub fn policies(&self) -> Vec<PolicySeen> {
        let store = self.aws().store();
        let Some(all) = store.account(self.home()) else { return Vec::new() };
        let seen = |policy: &store::Policy| PolicySeen {
            name: policy.name.clone(),
            arn: policy.arn.clone(),
            document: policy.current().map(|version| json(&version.text)).unwrap_or_default(),
            versions: policy.versions.iter().map(|version| version.number).collect(),
            default: policy.default,
            tags: policy.tags.clone(),
            roles: all
                .roles
                .values()
                .filter(|role| role.grants.attached.contains(&policy.arn))
                .map(|role| role.name.clone())
                .collect(),
        };
        all.policies.values().map(seen).collect()
    }
}
