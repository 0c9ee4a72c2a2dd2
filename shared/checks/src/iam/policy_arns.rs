//! Checks that managed policies exist: policies for roles of clusters, and permissions boundaries.

use crate::catalogue::iam::POLICY_ARNS_EXIST;
use aws_sdk_iam::types::Policy;
use futures_util::future::join_all;
use gangway_model::{Check, Finding, Partition, PolicyArn, UpstreamError};

use gangway_aws::{
    AwsSession,
    error::{AwsErrorKind, error_code},
};

use super::attached_policies::refusal_remedy;

/// Returns the *unverified* finding of policies that cannot be checked.
pub fn unverified_finding(reason: &str, remedy: &str) -> Finding {
    POLICY_ARNS_EXIST.unverified(reason, remedy)
}

/// The result of `iam:GetPolicy`.
#[derive(Clone, Debug)]
enum PolicyLookup {
    Exists,
    NotAttachable,
    Missing,
    AccessDenied,
    Throttled,
    /// IAM refused the call for another reason. The value is the error code.
    Refused(String),
}

/// Checks that each policy exists and can be attached to a role.
pub async fn check_exist(aws: &AwsSession, arns: &[PolicyArn]) -> Result<Finding, UpstreamError> {
    let lookups = join_all(arns.iter().map(|arn| get_policy(aws, arn))).await;
    let lookups = lookups.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(existence_finding(arns, &lookups, aws.partition()))
}

fn existence_finding(
    arns: &[PolicyArn],
    lookups: &[PolicyLookup],
    partition: Partition,
) -> Finding {
    if arns.is_empty() {
        return POLICY_ARNS_EXIST.not_applicable("no policies were named");
    }
    let mut errors = Vec::new();
    let mut unverified_reason = None;
    for (arn, lookup) in arns.iter().zip(lookups) {
        match lookup {
            PolicyLookup::Exists => {}
            PolicyLookup::Missing => errors.push(format!("{arn} does not exist")),
            PolicyLookup::NotAttachable => errors.push(format!("{arn} cannot be attached")),
            PolicyLookup::AccessDenied => {
                unverified_reason = Some((
                    "Gangway may not read policies".to_owned(),
                    "allow iam:GetPolicy".to_owned(),
                ));
            }
            PolicyLookup::Throttled => {
                unverified_reason = Some((
                    "IAM throttled the request".to_owned(),
                    "validate again later".to_owned(),
                ));
            }
            PolicyLookup::Refused(code) => {
                unverified_reason = Some((
                    format!("IAM did not return {arn}: {code}"),
                    refusal_remedy("iam:GetPolicy", code),
                ));
            }
        }
    }
    match unverified_reason {
        _ if !errors.is_empty() => POLICY_ARNS_EXIST.failed(
            errors.join("; "),
            format!(
                "name policies that exist: POST /v1/policies lists them; those of AWS itself are arn:{partition}:iam::aws:policy/…"
            ),
        ),
        Some((observed, remedy)) => POLICY_ARNS_EXIST.unverified(observed, remedy),
        None => POLICY_ARNS_EXIST.passed(format!("{} found", arns.len())),
    }
}

/// Checks that the policy of a permissions boundary exists. The result is a finding of `check`.
pub async fn check_boundary(
    aws: &AwsSession,
    check: &'static Check,
    arn: &PolicyArn,
) -> Result<Finding, UpstreamError> {
    Ok(boundary_finding(check, arn, get_policy(aws, arn).await?))
}

fn boundary_finding(check: &'static Check, arn: &PolicyArn, lookup: PolicyLookup) -> Finding {
    let remedy = "name a managed policy of this account, or one of AWS's own, that can be the permissions boundary of roles";
    match lookup {
        PolicyLookup::Exists | PolicyLookup::NotAttachable => check.passed(format!("{arn} exists")),
        PolicyLookup::Missing => check.failed(format!("{arn} does not exist"), remedy),
        PolicyLookup::AccessDenied => check.unverified(
            "Gangway may not read the policy",
            "allow iam:GetPolicy to the identity that runs the checks",
        ),
        PolicyLookup::Throttled => {
            check.unverified("IAM throttled the request", "validate again later")
        }
        PolicyLookup::Refused(code) => check.unverified(
            format!("IAM did not return {arn}: {code}"),
            refusal_remedy("iam:GetPolicy", &code),
        ),
    }
}

async fn get_policy(aws: &AwsSession, arn: &PolicyArn) -> Result<PolicyLookup, UpstreamError> {
    let response = aws.iam().get_policy().policy_arn(arn.as_str()).send().await;
    let error = match response {
        Ok(response) => {
            let attachable = response.policy().is_none_or(Policy::is_attachable);
            return Ok(if attachable { PolicyLookup::Exists } else { PolicyLookup::NotAttachable });
        }
        Err(error) => error,
    };
    match AwsErrorKind::from_sdk(&error) {
        Some(AwsErrorKind::NotFound) => Ok(PolicyLookup::Missing),
        Some(AwsErrorKind::AccessDenied) => Ok(PolicyLookup::AccessDenied),
        Some(AwsErrorKind::Throttled) => Ok(PolicyLookup::Throttled),
        Some(kind) if !kind.is_transient() => {
            Ok(PolicyLookup::Refused(error_code(&error).to_owned()))
        }
        Some(_) | None => {
            Err(AwsSession::iam_api_call("iam:GetPolicy", "such policy").to_upstream_error(&error))
        }
    }
}
