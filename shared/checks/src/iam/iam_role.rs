//! Reads an IAM role, and checks that the role exists and that its sessions can last one hour.

use crate::catalogue::iam::{ROLE_EXISTS, ROLE_SESSION_DURATION};
use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use gangway_model::{Finding, RoleArn, UpstreamError};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use gangway_aws::AwsSession;

/// The session duration that Palette needs. IAM uses the same value by default.
const ONE_HOUR: Duration = Duration::from_hours(1);

/// An IAM role.
#[derive(Clone, Debug, PartialEq)]
pub struct IamRole {
    /// The ARN of the role, including the path.
    pub arn: String,
    /// The trust policy as decoded JSON.
    pub trust: Value,
    /// The maximum duration of a session of the role.
    pub max_session: Duration,
    /// The ARN of the permissions boundary of the role.
    pub boundary: Option<String>,
    pub description: String,
    /// The time at which the role was created.
    pub made: Option<SystemTime>,
    pub tags: BTreeMap<String, String>,
}

/// Reads a role from IAM by its name. IAM ignores the path, so the result can have another ARN.
pub async fn get_role(aws: &AwsSession, arn: &RoleArn) -> Result<IamRole, UpstreamError> {
    let call = AwsSession::iam_api_call("iam:GetRole", "such role");
    let response = aws.iam().get_role().role_name(arn.name()).send().await;
    let response = response.map_err(|error| call.to_upstream_error(&error))?;
    let role = response.role.ok_or_else(|| call.incomplete_response("no role"))?;
    let trust = role.assume_role_policy_document().unwrap_or_default();
    let trust = decode_policy_document(trust)
        .ok_or_else(|| call.incomplete_response("the trust policy is not JSON"))?;
    let seconds = role.max_session_duration().and_then(|seconds| u64::try_from(seconds).ok());
    let boundary = role.permissions_boundary().and_then(|set| set.permissions_boundary_arn());
    Ok(IamRole {
        trust,
        max_session: seconds.map_or(ONE_HOUR, Duration::from_secs),
        boundary: boundary.map(str::to_owned),
        description: role.description.unwrap_or_default(),
        made: role.create_date.try_into().ok(),
        tags: role.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect(),
        arn: role.arn,
    })
}

/// Decodes a policy document, which IAM returns percent-encoded. Returns `None` if it is not JSON.
pub fn decode_policy_document(encoded: &str) -> Option<Value> {
    let text = percent_decode_str(encoded).decode_utf8().ok()?;
    serde_json::from_str(&text).ok()
}

/// Returns the *unverified* findings of a role that cannot be read.
pub fn unverified_findings(reason: &str, remedy: &str) -> Vec<Finding> {
    vec![ROLE_EXISTS.unverified(reason, remedy), ROLE_SESSION_DURATION.unverified(reason, remedy)]
}

/// Evaluates the result of [`get_role`]. Returns the findings, and the trust policy if the role has
/// the ARN `wanted`.
///
/// # Errors
///
/// Returns an error if IAM could not be called. A missing role or permission is a finding.
pub fn findings(
    read: Result<IamRole, UpstreamError>,
    wanted: &RoleArn,
) -> Result<(Vec<Finding>, Option<Value>), UpstreamError> {
    let role = match read {
        Ok(role) => role,
        Err(UpstreamError::NotFound { .. }) => return Ok((missing_role_findings(wanted), None)),
        Err(UpstreamError::AccessDenied { .. }) => {
            let remedy = "allow iam:GetRole on this role to the role that runs the checks";
            return Ok((unverified_findings("Gangway may not read the role", remedy), None));
        }
        Err(UpstreamError::Rejected { reason, .. }) => {
            let remedy = format!("{reason}; validate again, or look at the role in IAM");
            return Ok((unverified_findings("IAM does not tell what the role is", &remedy), None));
        }
        Err(error) => return Err(error),
    };
    if role.arn != wanted.as_str() {
        let existence_finding = ROLE_EXISTS.failed(
            format!("role {} is {}: the path differs", wanted.name(), role.arn),
            format!("send roleArn {}", role.arn),
        );
        return Ok((vec![existence_finding, session_duration_finding(&role)], None));
    }
    let existence_finding = ROLE_EXISTS.passed(role.arn.clone());
    Ok((vec![existence_finding, session_duration_finding(&role)], Some(role.trust)))
}

fn missing_role_findings(wanted: &RoleArn) -> Vec<Finding> {
    let (name, account) = (wanted.name(), wanted.account());
    vec![
        ROLE_EXISTS.failed(
            format!("account {account} has no role {name}"),
            "create it: GET /v1/sts/trust gives a CloudFormation template that does",
        ),
        ROLE_SESSION_DURATION.not_applicable("there is no role"),
    ]
}

fn session_duration_finding(role: &IamRole) -> Finding {
    let minutes = role.max_session.as_secs() / 60;
    if role.max_session < ONE_HOUR {
        let remedy = "set the role's maximum session duration to one hour or more";
        ROLE_SESSION_DURATION.failed(format!("sessions last {minutes} minutes at most"), remedy)
    } else {
        ROLE_SESSION_DURATION.passed(format!(
            "sessions last up to {minutes} minutes; one hour if Palette itself uses an assumed role"
        ))
    }
}
