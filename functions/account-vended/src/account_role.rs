//! Assumes a role in a member account: the first of the configured roles that allows it.

use gangway_aws::AwsSession;
use gangway_model::AccountId;
use serde_json::{Value, json};

use crate::{
    config::{HandlerConfig, RoleName},
    outcome::VendingError,
    role::POLICY_PATH,
};

/// Assumes a role in the account. STS gives the same answer for a role that does not exist and for
/// one that does not trust the caller, so each role is tried.
pub(crate) async fn assume_account_role(
    management: &AwsSession,
    account: AccountId,
    config: &HandlerConfig,
) -> Result<AwsSession, VendingError> {
    let partition = management.partition();
    let policy = session_policy(management, account, &config.role_name);
    for role in &config.account_access_roles {
        let Some(role) = role.in_account(partition, account) else { continue };
        match management.assume_role_with(&role, None, Some(&policy)).await {
            Ok(session) => return Ok(session),
            Err(error) if error.is_refusal() => {}
            Err(error) => return Err(error.into()),
        }
    }
    let roles: Vec<_> = config.account_access_roles.iter().map(RoleName::to_string).collect();
    Err(VendingError::AccessDenied(format!(
        "Gangway can assume none of the roles of GANGWAY_ACCOUNT_ACCESS_ROLES ({}) in account {account}: create one of them there that trusts the organization's management account",
        roles.join(", ")
    )))
}

/// Returns the session policy. The roles are administrators; the session may only do what Gangway
/// needs.
fn session_policy(management: &AwsSession, account: AccountId, role: &RoleName) -> Value {
    let partition = management.partition();
    let iam = |resource: &str| format!("arn:{partition}:iam::{account}:{resource}");
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [
                    "iam:AttachRolePolicy", "iam:CreateRole", "iam:DetachRolePolicy", "iam:GetRole",
                    "iam:ListAttachedRolePolicies", "iam:PutRolePermissionsBoundary", "iam:SimulatePrincipalPolicy",
                    "iam:TagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
                ],
                "Resource": [iam(&format!("role/{role}")), iam(&format!("role/*/{role}"))],
            },
            {
                "Effect": "Allow",
                "Action": [
                    "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicyVersion",
                    "iam:ListPolicyVersions", "iam:TagPolicy",
                ],
                "Resource": iam(&format!("policy{POLICY_PATH}*")),
            },
            {
                "Effect": "Allow",
                "Action": ["iam:GetPolicy", "iam:GetPolicyVersion"],
                "Resource": [iam("policy/*"), format!("arn:{partition}:iam::aws:policy/*")],
            },
            {"Effect": "Allow", "Action": ["iam:GetAccountSummary", "iam:ListPolicies"], "Resource": "*"},
        ],
    })
}
