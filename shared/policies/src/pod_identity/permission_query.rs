//! The permissions of a Pod Identity role, as queries for IAM's policy simulator.

use gangway_model::{AccountId, Arn};
use serde_json::Value;

use super::roles::{PodIdentityRoles, RolePurpose};
use crate::{
    simulate::UNKNOWN_TO_IAM,
    statement::{Statement, statements},
};

/// A query for IAM's policy simulator: each of the actions must be allowed on each of the
/// resources.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PermissionQuery {
    /// The actions, in the form `<service>:<operation>`.
    pub actions: Vec<String>,
    /// The resources: either ARNs without wildcards, or only `*`.
    pub resources: Vec<String>,
}

/// The action that the EKS Pod Identity Agent calls with the role of its node.
pub const NODE_AGENT: &str = "eks-auth:AssumeRoleForPodIdentity";

impl PodIdentityRoles {
    /// Returns the queries that ask whether a role has the permissions of its document: one query
    /// for each resource.
    pub fn permission_queries(&self, purpose: RolePurpose) -> Vec<PermissionQuery> {
        let account = self.in_creation_order().into_iter().find(|(known, _)| *known == purpose);
        let account = account.map_or(self.cluster_account(), |(_, arn)| arn.account());
        permission_queries(&self.permissions(purpose), account)
    }
}

/// Returns one query for each resource of a document. `account` is the AWS account of the role.
fn permission_queries(document: &Value, account: AccountId) -> Vec<PermissionQuery> {
    let mut queries: Vec<PermissionQuery> = Vec::new();
    for statement in statements(document) {
        for resource in statement.resources() {
            let actions = simulatable_actions(statement, &resource, account);
            match queries.iter_mut().find(|query| query.resources == [resource.as_str()]) {
                Some(query) => query.actions.extend(actions),
                None => queries.push(PermissionQuery { actions, resources: vec![resource] }),
            }
        }
    }
    queries.retain(|query| !query.actions.is_empty());
    queries
}

/// Returns the actions of a statement that the policy simulator can allow on a resource. Leaves out
/// actions that IAM does not know, and `iam:PassRole` on a role of another account.
fn simulatable_actions(
    statement: Statement<'_>,
    resource: &str,
    account: AccountId,
) -> Vec<String> {
    let is_in_other_account =
        Arn::parse(resource).is_some_and(|arn| arn.account() != account.as_str());
    statement
        .action_names()
        .filter(|action| !UNKNOWN_TO_IAM.contains(action))
        .filter(|action| !(is_in_other_account && *action == "iam:PassRole"))
        .map(str::to_owned)
        .collect()
}
