//! Checks which identity the temporary credentials of an access portal belong to.

use crate::catalogue::aws::{IDENTITY_IS_ROLE, IDENTITY_VALID, PARTITION, REACHABLE};
use gangway_http::clock;
use gangway_model::{AccountId, Finding, Partition, RoleArn, UpstreamError};

use super::caller::{CallerCheck, clock_finding, unknown_identity_findings};
use gangway_aws::{AwsSession, CallerIdentity, IdentityKind, Principal};

/// Returns the *unverified* findings if there are no temporary credentials.
pub fn unverified_findings(reason: &str, remedy: &str) -> Vec<Finding> {
    [&REACHABLE, &IDENTITY_VALID, &PARTITION, &IDENTITY_IS_ROLE]
        .map(|check| check.unverified(reason, remedy))
        .into()
}

/// Evaluates the response of `sts:GetCallerIdentity`, which was called with temporary credentials
/// of an access portal. `named_account` is the account id in the request, if there is one.
///
/// # Errors
///
/// Returns an error if STS or IAM could not be called. Credentials that STS does not accept are a
/// finding.
pub async fn check_caller(
    aws: &AwsSession,
    response: Result<CallerIdentity, UpstreamError>,
    wanted: Partition,
    named_account: Option<AccountId>,
) -> Result<CallerCheck, UpstreamError> {
    let reachable_finding = REACHABLE.passed(format!("AWS STS of {wanted} answered"));
    let caller = match response {
        Ok(caller) => caller,
        Err(UpstreamError::Rejected { reason, .. }) => {
            let (unknown, remedy) =
                ("AWS does not accept the keys", "fix check aws.identity-valid first");
            let valid = IDENTITY_VALID.failed(
                reason,
                format!(
                    "make sure that the portal issues keys of {wanted}, and that its clock is right"
                ),
            );
            let unverified =
                [&PARTITION, &IDENTITY_IS_ROLE].map(|check| check.unverified(unknown, remedy));
            let mut findings = vec![reachable_finding, clock_finding(clock::skew()), valid];
            findings.extend(unverified);
            return Ok(CallerCheck { findings, account: None, principal: None });
        }
        Err(UpstreamError::AccessDenied { reason, .. }) => {
            let mut findings = vec![reachable_finding, clock_finding(clock::skew())];
            let checks = [&IDENTITY_VALID, &PARTITION, &IDENTITY_IS_ROLE];
            findings.extend(unknown_identity_findings(&checks, &reason));
            return Ok(CallerCheck { findings, account: None, principal: None });
        }
        Err(error) => return Err(error),
    };
    let (role, principal) = resolve_principal(aws, &caller, wanted).await?;
    let findings = vec![
        reachable_finding,
        clock_finding(clock::skew()),
        IDENTITY_VALID.passed(format!("the keys belong to {}", caller.arn)),
        account_finding(&caller, wanted, named_account),
        role,
    ];
    Ok(CallerCheck { findings, account: Some(caller.account), principal })
}

/// Checks that the temporary credentials belong to the requested partition and AWS account.
fn account_finding(
    caller: &CallerIdentity,
    wanted: Partition,
    named_account: Option<AccountId>,
) -> Finding {
    if caller.partition != wanted {
        return PARTITION.failed(
            format!("the portal's keys are of partition {}, not {wanted}", caller.partition),
            format!(
                "set the address of the portal of {wanted}, or use the deployment of {}",
                caller.partition
            ),
        );
    }
    match named_account {
        Some(named_account) if named_account != caller.account => PARTITION.failed(
            format!("the portal's keys are of account {}, not {named_account}", caller.account),
            "correct the account in the request, or ask the administrator of the access portal which AWS account it stands for",
        ),
        Some(_) | None => PARTITION.passed(format!("account {} of {wanted}", caller.account)),
    }
}

/// Returns the identity whose permissions Gangway checks, and the finding about the identity. The
/// ARN of a session does not contain the path of the role, so Gangway reads the role from IAM.
async fn resolve_principal(
    aws: &AwsSession,
    caller: &CallerIdentity,
    wanted: Partition,
) -> Result<(Finding, Option<Principal>), UpstreamError> {
    let role_name = match &caller.kind {
        IdentityKind::AssumedRole { role_name } => role_name,
        IdentityKind::User { name } => {
            let seen = format!("they belong to user {name}; that user's permissions are checked");
            return Ok((IDENTITY_IS_ROLE.passed(seen), caller.principal()));
        }
        IdentityKind::Root | IdentityKind::Federated | IdentityKind::Other => {
            let failed = IDENTITY_IS_ROLE.failed(
                format!("they belong to {}", caller.arn),
                "ask the portal's administrator to map the portal's role to an IAM role with Palette's policies",
            );
            return Ok((failed, None));
        }
    };
    let call = AwsSession::iam_api_call("iam:GetRole", "such role");
    let response = aws.iam().get_role().role_name(role_name).send().await;
    let response = response.map_err(|error| call.to_upstream_error(&error));
    let (arn, source) = match response {
        Ok(response) => (response.role.map(|role| role.arn), "as IAM returns it"),
        // Without the role's ARN, assume that the role has no path, as most roles.
        Err(error) if error.is_access_denied() || error.is_not_found() => {
            (None, "its path is not known")
        }
        Err(error) => return Err(error),
    };
    let (partition, account) = (wanted.id(), caller.account);
    let arn = arn.unwrap_or_else(|| format!("arn:{partition}:iam::{account}:role/{role_name}"));
    Ok(match arn.parse::<RoleArn>() {
        Ok(role) => {
            (IDENTITY_IS_ROLE.passed(format!("role {role}, {source}")), Some(Principal::Role(role)))
        }
        Err(_invalid) => {
            let remedy = "ask the portal's administrator to map the portal's role to an IAM role";
            (
                IDENTITY_IS_ROLE.failed(format!("{role_name} is not the name of a role"), remedy),
                None,
            )
        }
    })
}
