//! The permissions of a document, as queries for IAM's policy simulator.

use gangway_model::{AccountId, Arn};
use serde_json::Value;

use super::roles::{PodIdentityRoles, RolePurpose};
use crate::{
    simulate::UNKNOWN_TO_IAM,
    statement::{Statement, statements},
};

/// Actions that must be allowed on each of these resources.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PermissionQuery {
    /// `<service>:<operation>`.
    pub actions: Vec<String>,
    /// ARNs without wildcards, or `*` alone.
    pub resources: Vec<String>,
}

/// The action that the Pod Identity agent calls with the node's role.
pub const NODE_AGENT: &str = "eks-auth:AssumeRoleForPodIdentity";

impl PodIdentityRoles {
    /// Returns the permissions that a role needs from its own document, in as few queries as
    /// possible.
    pub fn permission_queries(&self, part: RolePurpose) -> Vec<PermissionQuery> {
        let account = self.in_creation_order().into_iter().find(|(known, _)| *known == part);
        let account = account.map_or(self.cluster_account(), |(_, arn)| arn.account());
        permission_queries(&self.permissions(part), account)
    }
}

fn permission_queries(document: &Value, account: AccountId) -> Vec<PermissionQuery> {
    let mut grants: Vec<PermissionQuery> = Vec::new();
    for statement in statements(document) {
        for resource in statement.resources() {
            let actions = useful(statement, &resource, account);
            match grants.iter_mut().find(|grant| grant.resources == [resource.as_str()]) {
                Some(grant) => grant.actions.extend(actions),
                None => grants.push(PermissionQuery { actions, resources: vec![resource] }),
            }
        }
    }
    grants.retain(|grant| !grant.actions.is_empty());
    grants
}

/// Returns the actions that can be allowed. Leaves out `iam:PassRole` on a role of another account,
/// and names that IAM does not know.
fn useful(statement: Statement<'_>, resource: &str, account: AccountId) -> Vec<String> {
    let elsewhere = Arn::parse(resource).is_some_and(|arn| arn.account() != account.as_str());
    statement
        .action_names()
        .filter(|action| !UNKNOWN_TO_IAM.contains(action))
        .filter(|action| !(elsewhere && *action == "iam:PassRole"))
        .map(str::to_owned)
        .collect()
}
