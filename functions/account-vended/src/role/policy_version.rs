//! Versions of one policy. IAM keeps up to five of them.

use aws_sdk_iam::{error::SdkError, types::PolicyVersion};
use gangway_aws::AwsSession;
use gangway_checks::iam::iam_role;
use gangway_model::UpstreamError;
use serde_json::Value;

use crate::outcome::VendingError;

/// Returns the document of a version.
pub(super) async fn read_document(
    aws: &AwsSession,
    policy_arn: &str,
    version_id: &str,
) -> Result<Value, VendingError> {
    let call = AwsSession::iam_api_call("iam:GetPolicyVersion", "such version");
    let request = aws.iam().get_policy_version().policy_arn(policy_arn).version_id(version_id);
    let response = request
        .send()
        .await
        .map_err(|error| VendingError::from_account_error(call.to_upstream_error(&error)))?;
    let text = response.policy_version.and_then(|version| version.document).unwrap_or_default();
    Ok(iam_role::decode_policy_document(&text).unwrap_or_default())
}

/// Creates a version, makes it the default and returns its id. If the policy has five versions
/// already, first deletes the oldest version that is not the default.
pub(super) async fn create_version(
    aws: &AwsSession,
    policy_arn: &str,
    document: &str,
) -> Result<String, VendingError> {
    if let Some(id) = try_create_version(aws, policy_arn, document).await? {
        return Ok(id);
    }
    delete_oldest_version(aws, policy_arn).await?;
    try_create_version(aws, policy_arn, document).await?.ok_or_else(|| {
        VendingError::NotReady(format!("policy {policy_arn} has the maximum number of versions"))
    })
}

/// Creates a version and returns its id, or `None` if the policy has the maximum number of
/// versions.
async fn try_create_version(
    aws: &AwsSession,
    policy_arn: &str,
    document: &str,
) -> Result<Option<String>, VendingError> {
    let call = AwsSession::iam_api_call("iam:CreatePolicyVersion", "such policy");
    let request = aws.iam().create_policy_version().policy_arn(policy_arn);
    match request.policy_document(document).set_as_default(true).send().await {
        Ok(response) => {
            Ok(Some(response.policy_version.and_then(|it| it.version_id).unwrap_or_default()))
        }
        Err(SdkError::ServiceError(error)) if error.err().is_limit_exceeded_exception() => Ok(None),
        Err(error) => Err(VendingError::from_account_error(call.to_upstream_error(&error))),
    }
}

async fn delete_oldest_version(aws: &AwsSession, policy_arn: &str) -> Result<(), VendingError> {
    let call = AwsSession::iam_api_call("iam:ListPolicyVersions", "such policy");
    let pages = aws.iam().list_policy_versions().policy_arn(policy_arn).into_paginator();
    let versions: Result<Vec<_>, _> = pages.items().send().collect().await;
    let versions = versions
        .map_err(|error| VendingError::from_account_error(call.to_upstream_error(&error)))?;
    let oldest =
        versions.iter().filter(|version| !version.is_default_version).min_by_key(version_number);
    let Some(id) = oldest.and_then(PolicyVersion::version_id) else { return Ok(()) };
    let call = AwsSession::iam_api_call("iam:DeletePolicyVersion", "such version");
    let request = aws.iam().delete_policy_version().policy_arn(policy_arn).version_id(id);
    match request.send().await.map_err(|error| call.to_upstream_error(&error)) {
        Ok(_) | Err(UpstreamError::NotFound { .. }) => Ok(()),
        Err(error) => Err(VendingError::from_account_error(error)),
    }
}

/// Returns the number in the id of a version. Ids are `v1`, `v2` and so on, and are never reused.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "min_by_key passes a reference")]
fn version_number(version: &&PolicyVersion) -> u64 {
    let digits = version.version_id().and_then(|id| id.strip_prefix('v'));
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(u64::MAX)
}
