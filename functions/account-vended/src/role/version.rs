//! Versions of a policy, of which IAM keeps five.

use aws_sdk_iam::{error::SdkError, types::PolicyVersion};
use gangway_aws::AwsSession;
use gangway_checks::iam::iam_role;
use gangway_model::UpstreamError;
use serde_json::Value;

use super::managed_policy::ManagedPolicy;
use crate::outcome::VendingError;

/// What the policy says now.
pub(super) async fn read(aws: &AwsSession, known: &ManagedPolicy) -> Result<Value, VendingError> {
    let call = AwsSession::iam_api_call("iam:GetPolicyVersion", "such version");
    let request = aws.iam().get_policy_version().policy_arn(&known.arn).version_id(&known.default);
    let answer = request
        .send()
        .await
        .map_err(|error| VendingError::in_account(call.to_upstream_error(&error)))?;
    let text = answer.policy_version.and_then(|version| version.document).unwrap_or_default();
    Ok(iam_role::decode_policy_document(&text).unwrap_or_default())
}

/// Makes a version, which is in force from now on. Where there are five, the oldest that is not in force goes first.
pub(super) async fn create(aws: &AwsSession, arn: &str, text: &str) -> Result<(), VendingError> {
    if !made(aws, arn, text).await? {
        prune(aws, arn).await?;
        if !made(aws, arn, text).await? {
            return Err(VendingError::NotReady(format!(
                "policy {arn} has as many versions as it may have"
            )));
        }
    }
    Ok(())
}

/// `false` where there are too many.
async fn made(aws: &AwsSession, arn: &str, text: &str) -> Result<bool, VendingError> {
    let call = AwsSession::iam_api_call("iam:CreatePolicyVersion", "such policy");
    let request = aws.iam().create_policy_version().policy_arn(arn).policy_document(text);
    match request.set_as_default(true).send().await {
        Ok(_) => Ok(true),
        Err(SdkError::ServiceError(error)) if error.err().is_limit_exceeded_exception() => {
            Ok(false)
        }
        Err(error) => Err(VendingError::in_account(call.to_upstream_error(&error))),
    }
}

async fn prune(aws: &AwsSession, arn: &str) -> Result<(), VendingError> {
    let call = AwsSession::iam_api_call("iam:ListPolicyVersions", "such policy");
    let answer = aws.iam().list_policy_versions().policy_arn(arn).send().await;
    let answer =
        answer.map_err(|error| VendingError::in_account(call.to_upstream_error(&error)))?;
    let versions = answer.versions.unwrap_or_default();
    let oldest = versions.iter().filter(|version| !version.is_default_version()).min_by_key(number);
    let Some(id) = oldest.and_then(PolicyVersion::version_id) else { return Ok(()) };
    let call = AwsSession::iam_api_call("iam:DeletePolicyVersion", "such version");
    let answer = aws.iam().delete_policy_version().policy_arn(arn).version_id(id).send().await;
    match answer.map_err(|error| call.to_upstream_error(&error)) {
        Ok(_) | Err(UpstreamError::NotFound { .. }) => Ok(()),
        Err(error) => Err(VendingError::in_account(error)),
    }
}

/// Versions are `v1`, `v2` and so on, and no number comes twice.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "what min_by_key hands over")]
fn number(version: &&PolicyVersion) -> u64 {
    let digits = version.version_id().and_then(|id| id.strip_prefix('v'));
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(u64::MAX)
}
