//! Whose keys an access portal has handed out (X09, X11, X12).

use crate::catalogue::aws::{IDENTITY_IS_ROLE, IDENTITY_VALID, PARTITION, REACHABLE};
use gangway_http::deadline;
use gangway_model::{AccountId, Finding, Partition, RoleArn, UpstreamError};

use super::identity::clock;
use gangway_aws::{AwsSession, CallerIdentity, IdentityKind, Principal};

/// Whose keys they are, as far as STS tells.
#[derive(Debug)]
pub struct SessionCheck {
    /// Every check and its answer.
    pub findings: Vec<Finding>,
    /// The account that they act in.
    pub account: Option<AccountId>,
    /// The role behind them; a user where the portal hands out a user's keys.
    pub principal: Option<Principal>,
}

/// The answers where there are no keys to ask with.
pub fn unverified(reason: &str, remedy: &str) -> Vec<Finding> {
    [&REACHABLE, &IDENTITY_VALID, &PARTITION, &IDENTITY_IS_ROLE]
        .map(|check| check.unverified(reason, remedy))
        .into()
}

/// What the answer of [`Aws::caller`] with the portal's keys means, given the account where it was asked for by number.
/// Keys that STS does not take are a finding; an STS that could not be asked is an error.
pub async fn check_caller(
    aws: &AwsSession,
    answer: Result<CallerIdentity, UpstreamError>,
    wanted: Partition,
    named: Option<AccountId>,
) -> Result<SessionCheck, UpstreamError> {
    let reached = REACHABLE.passed(format!("AWS STS of {wanted} answered"));
    let caller = match answer {
        Ok(caller) => caller,
        Err(UpstreamError::Rejected { reason, .. }) => {
            let (unknown, mend) = ("AWS does not take the keys", "mend aws.identity-valid");
            let valid = IDENTITY_VALID.failed(
                reason,
                format!(
                    "see that the portal hands out keys of {wanted}, and that its clock is right"
                ),
            );
            let rest = [&PARTITION, &IDENTITY_IS_ROLE].map(|check| check.unverified(unknown, mend));
            let mut findings = vec![reached, clock(deadline::clock_skew()), valid];
            findings.extend(rest);
            return Ok(SessionCheck { findings, account: None, principal: None });
        }
        Err(error) => return Err(error),
    };
    let (role, principal) = resolve_principal(aws, &caller, wanted).await?;
    let findings = vec![
        reached,
        clock(deadline::clock_skew()),
        IDENTITY_VALID.passed(format!("the keys are those of {}", caller.arn)),
        check_account(&caller, wanted, named),
        role,
    ];
    Ok(SessionCheck { findings, account: Some(caller.account), principal })
}

fn check_account(caller: &CallerIdentity, wanted: Partition, named: Option<AccountId>) -> Finding {
    if caller.partition != wanted {
        return PARTITION.failed(
            format!("the portal's keys are of partition {}, not {wanted}", caller.partition),
            format!(
                "set the address of the portal of {wanted}, or ask the clients of {}",
                caller.partition
            ),
        );
    }
    match named {
        Some(named) if named != caller.account => PARTITION.failed(
            format!("the portal's keys are of account {}, not {named}", caller.account),
            "correct the account, or have the portal's administrator correct what it stands for",
        ),
        Some(_) | None => PARTITION.passed(format!("account {} of {wanted}", caller.account)),
    }
}

/// The identity whose permissions count. A session's ARN leaves out the path of its role, so IAM is asked for it.
async fn resolve_principal(
    aws: &AwsSession,
    caller: &CallerIdentity,
    wanted: Partition,
) -> Result<(Finding, Option<Principal>), UpstreamError> {
    let role_name = match &caller.kind {
        IdentityKind::AssumedRole { role_name } => role_name,
        IdentityKind::User { name } => {
            let seen = format!("they are those of user {name}, whose permissions count");
            return Ok((IDENTITY_IS_ROLE.passed(seen), caller.principal()));
        }
        IdentityKind::Root | IdentityKind::Federated | IdentityKind::Other => {
            let failed = IDENTITY_IS_ROLE.failed(
                format!("they are those of {}", caller.arn),
                "have the portal's administrator map the portal's role to an IAM role with Palette's policies",
            );
            return Ok((failed, None));
        }
    };
    let call = AwsSession::iam_api_call("iam:GetRole", "such role");
    let answer = aws.iam().get_role().role_name(role_name).send().await;
    let answer = answer.map_err(|error| call.to_upstream_error(&error));
    let (arn, whence) = match answer {
        Ok(answer) => (answer.role.map(|role| role.arn), "as IAM has it"),
        // Without a path, which most roles have none of.
        Err(UpstreamError::AccessDenied { .. } | UpstreamError::NotFound { .. }) => {
            (None, "its path is not known")
        }
        Err(error) => return Err(error),
    };
    let (partition, account) = (wanted.id(), caller.account);
    let arn = arn.unwrap_or_else(|| format!("arn:{partition}:iam::{account}:role/{role_name}"));
    Ok(match arn.parse::<RoleArn>() {
        Ok(role) => {
            (IDENTITY_IS_ROLE.passed(format!("role {role}, {whence}")), Some(Principal::Role(role)))
        }
        Err(_invalid) => {
            let remedy = "have the portal's administrator map the portal's role to an IAM role";
            (
                IDENTITY_IS_ROLE.failed(format!("{role_name} is not the name of a role"), remedy),
                None,
            )
        }
    })
}
