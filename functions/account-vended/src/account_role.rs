//! Assumes a role in a member account: the first configured role that trusts Gangway.

use gangway_aws::AwsSession;
use gangway_model::{AccountId, Partition, UpstreamError};
use serde_json::{Value, json};

use crate::{
    config::{HandlerConfig, RoleName},
    outcome::VendingError,
    role::POLICY_PATH,
};

/// Assumes a role in the account: tries each role of `GANGWAY_ACCOUNT_ACCESS_ROLES` in order. STS
/// returns the same error for a role that does not exist and for a role that does not trust
/// Gangway.
pub(crate) async fn assume_account_role(
    management: &AwsSession,
    account: AccountId,
    config: &HandlerConfig,
) -> Result<AwsSession, VendingError> {
    let partition = management.partition();
    let policy = session_policy(partition, account, &config.role_name);
    let external_id = config.vending.external_id.as_deref();
    for role in &config.account_access_roles {
        let Some(role) = role.to_arn(partition, account) else { continue };
        match management.assume_role_with(&role, external_id, Some(&policy)).await {
            Ok(session) => return Ok(session),
            // The error would be the same for every role.
            Err(UpstreamError::Rejected { reason, .. }) => {
                return Err(VendingError::AccessDenied(format!(
                    "Gangway cannot assume {role} in {}: {reason}",
                    management.region()
                )));
            }
            Err(error) if error.is_refusal() => {}
            Err(error) => return Err(error.into()),
        }
    }
    let roles: Vec<_> = config.account_access_roles.iter().map(RoleName::to_string).collect();
    let trusted = match &config.member_access_role {
        Some(role) => format!("{role}"),
        None => "this function's role (output AccountVendedRoleArn)".to_owned(),
    };
    Err(VendingError::AccessDenied(format!(
        "Gangway can assume no role in account {account}; it tried {}: deploy templates/entry-role.yaml to this account with a StackSet (it must name {trusted} and the external id of the parameter AccountAccessExternalId), or name another role in the parameter AccountAccessRoles",
        roles.join(", ")
    )))
}

/// Returns the session policy. The roles may have administrator permissions, so the session policy
/// limits the session to the actions that Gangway needs.
fn session_policy(partition: Partition, account: AccountId, role: &RoleName) -> Value {
    let iam = |resource: &str| format!("arn:{partition}:iam::{account}:{resource}");
    let (own_role, own_policies) =
        (iam(&format!("role/{role}")), iam(&format!("policy{POLICY_PATH}*")));
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
                "Resource": own_role,
                // Gangway's policies, and those that people created with the names of Palette's
                // documents.
                "Condition": {"ArnLike": {"iam:PolicyARN": [own_policies, iam("policy/Palette*")]}},
            },
            {
                "Effect": "Allow",
                "Action": [
                    "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:TagRole",
                    "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
                ],
                "Resource": own_role,
            },
            {
                "Effect": "Allow",
                "Action": [
                    "iam:GetRole", "iam:ListAttachedRolePolicies", "iam:SimulatePrincipalPolicy",
                ],
                "Resource": [own_role, iam(&format!("role/*/{role}"))],
            },
            {
                "Effect": "Allow",
                "Action": [
                    "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicyVersion",
                    "iam:ListPolicyVersions", "iam:TagPolicy",
                ],
                "Resource": own_policies,
            },
            {
                "Effect": "Allow",
                "Action": ["iam:GetPolicy", "iam:GetPolicyVersion"],
                "Resource": [iam("policy/*"), format!("arn:{partition}:iam::aws:policy/*")],
            },
            {
                "Effect": "Allow",
                "Action": ["iam:GetAccountSummary", "iam:ListPolicies"],
                "Resource": "*",
            },
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// STS accepts a session policy of at most 2,048 characters. STS also limits the size of a
    /// packed form of the policy, which only STS knows, so the policy must be clearly shorter.
    const MAX_POLICY_LENGTH: usize = 1800;

    #[test]
    fn session_policy_is_short_enough_with_the_longest_names() {
        let role: RoleName = "r".repeat(64).parse().unwrap();
        let account = "123456789012".parse().unwrap();
        let length = session_policy(Partition::AwsUsGov, account, &role).to_string().len();
        assert!(length <= MAX_POLICY_LENGTH, "{length}");
    }
}
