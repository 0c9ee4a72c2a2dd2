//! The way into an account: the first of the configured roles that lets Gangway in.

use gangway_aws::AwsSession;
use gangway_model::{AccountId, UpstreamError};
use serde_json::{Value, json};

use crate::{
    config::{HandlerConfig, RoleName},
    management::SESSION,
    outcome::VendingError,
    role::PATH,
};

/// Enters an account. AWS gives one answer to a role that is not there and to one that does not trust, so each is tried.
pub(crate) async fn assume_account_role(
    management: &AwsSession,
    account: AccountId,
    settings: &HandlerConfig,
) -> Result<AwsSession, VendingError> {
    let partition = management.partition();
    let at_most = session_policy(management, account, &settings.role);
    for role in &settings.entry_roles {
        let Some(role) = role.in_account(partition, account) else { continue };
        match management.assume_role_with(&role, SESSION, Some(&at_most)).await {
            Ok(aws) => return Ok(aws),
            Err(
                UpstreamError::AccessDenied { .. }
                | UpstreamError::NotFound { .. }
                | UpstreamError::Rejected { .. },
            ) => {}
            Err(
                error @ (UpstreamError::ProjectNotFound { .. }
                | UpstreamError::AlreadyExists { .. }
                | UpstreamError::Throttled { .. }
                | UpstreamError::Unavailable { .. }
                | UpstreamError::TimedOut { .. }),
            ) => return Err(error.into()),
        }
    }
    let roles: Vec<_> = settings.entry_roles.iter().map(RoleName::to_string).collect();
    Err(VendingError::AccessDenied(format!(
        "no role of GANGWAY_ACCOUNT_ACCESS_ROLES ({}) lets Gangway into account {account}: create one of them there that trusts the organization's management account",
        roles.join(", ")
    )))
}

/// Entry roles may do anything; Gangway's sessions of them may do no more than it does.
fn session_policy(management: &AwsSession, account: AccountId, role: &RoleName) -> Value {
    let partition = management.partition();
    let iam = |rest: &str| format!("arn:{partition}:iam::{account}:{rest}");
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
                "Resource": iam(&format!("policy{PATH}*")),
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
