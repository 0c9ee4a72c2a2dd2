//! Creates, reads and updates one managed policy of the role.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use gangway_aws::AwsSession;
use gangway_model::UpstreamError;
use gangway_policies::PolicyDocument;

use super::{
    DesiredRole, POLICY_PATH, managed_tags, policy_version, policy_versions::TaggedVersion,
};
use crate::outcome::VendingError;

/// Whether Gangway first tries to create or to read a policy. If the first call does not succeed,
/// Gangway makes the other call, so the choice only saves a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FirstAttempt {
    /// The role is new, so its policies probably do not exist.
    Create,
    /// The role existed before, so its policies probably exist too.
    Read,
}

/// A policy whose default version has the desired document.
pub(super) struct EnsuredPolicy {
    pub(super) arn: String,
    pub(super) version: TaggedVersion,
    /// Whether Gangway created the policy, gave it a new version or attached it.
    pub(super) is_changed: bool,
}

/// A managed policy, as IAM returns it.
struct ManagedPolicy {
    arn: String,
    id: String,
    default_version_id: String,
    tags: BTreeMap<String, String>,
}

/// Makes sure that the account has the policy of this document: creates or updates it if needed.
pub(super) async fn ensure_policy(
    aws: &AwsSession,
    desired: &DesiredRole,
    document: PolicyDocument,
    first_attempt: FirstAttempt,
) -> Result<EnsuredPolicy, VendingError> {
    let own_arn = policy_arn(desired, document, POLICY_PATH);
    if first_attempt == FirstAttempt::Read
        && let Some(existing) = read_policy(aws, &own_arn).await?
    {
        return update_policy(aws, desired, document, existing).await;
    }
    match create_policy(aws, desired, document).await {
        Ok(version) => return Ok(EnsuredPolicy { arn: own_arn, version, is_changed: true }),
        Err(VendingError::Upstream(UpstreamError::AlreadyExists { .. })) => {}
        Err(error) => return Err(error),
    }
    // Policy names are unique in an account, whatever their path. People who follow Palette's
    // documentation create them without a path.
    for arn in [own_arn, policy_arn(desired, document, "/")] {
        if let Some(existing) = read_policy(aws, &arn).await? {
            return update_policy(aws, desired, document, existing).await;
        }
    }
    Err(VendingError::Permanent(format!(
        "account {} has a policy {} under another path: detach and delete it, or create it under the path /, so that Gangway can read it",
        desired.account(),
        document.name()
    )))
}

/// Returns the ARN of the policy of a document under this path.
fn policy_arn(desired: &DesiredRole, document: PolicyDocument, path: &str) -> String {
    let (partition, account, name) = (desired.partition(), desired.account(), document.name());
    format!("arn:{partition}:iam::{account}:policy{path}{name}")
}

/// Returns `true` if the account has the policies of the profile, and their default versions have
/// the desired documents. Changes nothing.
pub(super) async fn have_desired_documents(
    aws: &AwsSession,
    desired: &DesiredRole,
) -> Result<bool, VendingError> {
    let documents = gangway_policies::documents_for(desired.profile).iter();
    let compared = try_join_all(documents.map(async |document| {
        for path in [POLICY_PATH, "/"] {
            let arn = policy_arn(desired, *document, path);
            if let Some(existing) = read_policy(aws, &arn).await? {
                return has_desired_document(aws, desired, *document, &existing).await;
            }
        }
        Ok::<_, VendingError>(false)
    }));
    Ok(compared.await?.into_iter().all(|is_desired| is_desired))
}

/// Returns `true` if the default version of the policy has the desired document.
async fn has_desired_document(
    aws: &AwsSession,
    desired: &DesiredRole,
    document: PolicyDocument,
    existing: &ManagedPolicy,
) -> Result<bool, VendingError> {
    let ManagedPolicy { arn, default_version_id, .. } = existing;
    let current = policy_version::read_document(aws, arn, default_version_id).await?;
    Ok(gangway_policies::is_equivalent(&current, &document.render(desired.partition())))
}

async fn create_policy(
    aws: &AwsSession,
    desired: &DesiredRole,
    document: PolicyDocument,
) -> Result<TaggedVersion, VendingError> {
    let call = AwsSession::iam_api_call("iam:CreatePolicy", "such account");
    let request = aws
        .iam()
        .create_policy()
        .policy_name(document.name())
        .path(POLICY_PATH)
        .description("Permissions that Spectro Cloud Palette needs. Created by Gangway.")
        .policy_document(document.text(desired.partition()))
        .set_tags(Some(desired.tags.policy_tags()?));
    match request.send().await.map_err(|error| call.to_upstream_error(&error)) {
        Ok(response) => {
            Ok(response.policy.as_ref().map(TaggedVersion::from_policy).unwrap_or_default())
        }
        Err(exists @ UpstreamError::AlreadyExists { .. }) => Err(VendingError::Upstream(exists)),
        Err(error) => Err(VendingError::from_account_error(error)),
    }
}

async fn read_policy(aws: &AwsSession, arn: &str) -> Result<Option<ManagedPolicy>, VendingError> {
    let call = AwsSession::iam_api_call("iam:GetPolicy", "such policy");
    let response = aws.iam().get_policy().policy_arn(arn).send().await;
    let policy = match response.map_err(|error| call.to_upstream_error(&error)) {
        Ok(response) => response.policy,
        Err(UpstreamError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(VendingError::from_account_error(error)),
    };
    let policy =
        policy.ok_or_else(|| VendingError::Upstream(call.invalid_response("no policy")))?;
    let tags = policy.tags.unwrap_or_default().into_iter();
    Ok(Some(ManagedPolicy {
        arn: arn.to_owned(),
        id: policy.policy_id.unwrap_or_default(),
        default_version_id: policy.default_version_id.unwrap_or_default(),
        tags: tags.map(|tag| (tag.key, tag.value)).collect(),
    }))
}

/// Creates a new version of the policy if its document differs from the desired document.
///
/// # Errors
///
/// `Permanent` if the document differs and this deployment did not create the policy.
async fn update_policy(
    aws: &AwsSession,
    desired: &DesiredRole,
    document: PolicyDocument,
    existing: ManagedPolicy,
) -> Result<EnsuredPolicy, VendingError> {
    let has_desired = has_desired_document(aws, desired, document, &existing).await?;
    let ManagedPolicy { arn, id, default_version_id, tags } = existing;
    if has_desired {
        let version = TaggedVersion::new(&id, &default_version_id);
        return Ok(EnsuredPolicy { arn, version, is_changed: false });
    }
    if !managed_tags::is_managed_by(&tags, desired.tags.stack_name()) {
        return Err(VendingError::Permanent(format!(
            "policy {arn} was not created by this deployment, and differs from Palette's document: create a version of it with that document, or delete the policy"
        )));
    }
    let version_id =
        policy_version::create_version(aws, &arn, document.text(desired.partition())).await?;
    let version = TaggedVersion::new(&id, &version_id);
    Ok(EnsuredPolicy { arn, version, is_changed: true })
}
