//! Promotes a staged version of a secret: makes it the current version.

use gangway_http::{RetryPolicy, Retryable as _};
use gangway_model::{
    SecretArn, Uid, UpstreamError,
    stores::{SecretStatus, StagedSecret},
};
use tokio::join;

use super::{
    CURRENT, PENDING, SecretsManagerStore,
    metadata::{self, SecretMetadata, SecretState},
    secrets_manager_call,
};
use crate::error::AwsErrorKind;

/// Reason why a staged version could not be made current.
enum PromoteError {
    /// `DescribeSecret` does not return the secret yet.
    NotVisible,
    Upstream(UpstreamError),
}

impl PromoteError {
    /// Returns `true` if another attempt can succeed. Secrets Manager refuses to move a label that
    /// is not on the version that the request names. This happens if another run has moved the
    /// label, or if the read before was stale.
    const fn is_retryable(&self) -> bool {
        match self {
            Self::NotVisible => true,
            Self::Upstream(error) => error.is_rejected(),
        }
    }
}

/// Moves the label `AWSCURRENT` to the staged version, and tags the secret with the uid of the
/// account. The version counts as active when both are done. So if a run is interrupted between
/// them, the next run does both again.
pub(super) async fn promote(
    store: &SecretsManagerStore,
    staged: &StagedSecret,
    uid: &Uid,
) -> Result<(), UpstreamError> {
    match &staged.status {
        SecretStatus::ActiveFor(owner) if owner == uid => return Ok(()),
        // The first version of a secret is current as soon as Secrets Manager creates it.
        SecretStatus::New => return tag_as_registered(store, &staged.secret, uid, staged).await,
        SecretStatus::ActiveFor(_) | SecretStatus::NeverUsed | SecretStatus::OtherVersionActive => {
        }
    }
    let promoted = (|| try_promote(store, staged, uid))
        .retry(RetryPolicy::CONSISTENCY)
        .when(PromoteError::is_retryable);
    promoted.await.map_err(|error| match error {
        PromoteError::NotVisible => secrets_manager_call("secretsmanager:DescribeSecret")
            .invalid_response("the staged version is not visible yet"),
        PromoteError::Upstream(error) => error,
    })
}

/// Reads the secret and promotes the staged version once, without retries.
async fn try_promote(
    store: &SecretsManagerStore,
    staged: &StagedSecret,
    uid: &Uid,
) -> Result<(), PromoteError> {
    let secret = SecretMetadata::describe(store, staged.secret.as_str()).await;
    match secret.map_err(PromoteError::Upstream)? {
        None => Err(PromoteError::NotVisible),
        // Another run has deleted the secret. The calling code notices this with `is_active`, and
        // stages the secret again.
        Some(secret) if secret.is_scheduled_for_deletion => Ok(()),
        // If another run has removed the label of the version, `DescribeSecret` does not list the
        // version. The version can still be promoted.
        Some(secret) => {
            make_active(store, &secret, staged, uid).await.map_err(PromoteError::Upstream)
        }
    }
}

/// Returns `true` if the staged version is current, and the secret is registered for this uid.
pub(super) async fn is_active(
    store: &SecretsManagerStore,
    staged: &StagedSecret,
    uid: &Uid,
) -> Result<bool, UpstreamError> {
    let known = SecretMetadata::describe(store, staged.secret.as_str()).await?;
    Ok(known.is_some_and(|known| {
        !known.is_scheduled_for_deletion
            && known.current_version() == Some(staged.version.as_str())
            && known.registered_for() == Some(uid)
    }))
}

/// Makes the version current, removes the label of an abandoned version, and tags the secret.
async fn make_active(
    store: &SecretsManagerStore,
    known: &SecretMetadata,
    staged: &StagedSecret,
    uid: &Uid,
) -> Result<(), UpstreamError> {
    let version = &staged.version;
    // Another version with the label `AWSPENDING` comes from an interrupted run, and would block
    // rotation.
    let abandoned = known.pending_version().filter(|pending| pending != version);
    let (moved, removed, tagged) = join!(
        make_version_current(store, known, version),
        remove_pending_label(store, &known.arn, abandoned),
        tag_if_needed(store, known, staged, uid),
    );
    moved?;
    removed?;
    tagged
}

/// Moves the label `AWSCURRENT` to the version. Does nothing if the version is already current.
async fn make_version_current(
    store: &SecretsManagerStore,
    known: &SecretMetadata,
    version: &str,
) -> Result<(), UpstreamError> {
    if known.current_version() == Some(version) {
        return Ok(());
    }
    let call = secrets_manager_call("secretsmanager:UpdateSecretVersionStage");
    let request = store
        .client()
        .update_secret_version_stage()
        .secret_id(known.arn.as_str())
        .version_stage(CURRENT)
        .move_to_version_id(version)
        .set_remove_from_version_id(known.current_version().map(str::to_owned));
    match request.send().await {
        Ok(_) => Ok(()),
        // The version no longer exists: another run has removed its label, and AWS deletes versions
        // without a label. The calling code notices this with `is_active`, and stages the secret
        // again.
        Err(error) if AwsErrorKind::from_sdk(&error) == Some(AwsErrorKind::NotFound) => Ok(()),
        Err(error) => Err(call.to_upstream_error(&error)),
    }
}

async fn remove_pending_label(
    store: &SecretsManagerStore,
    secret: &SecretArn,
    version: Option<&str>,
) -> Result<(), UpstreamError> {
    let Some(version) = version else { return Ok(()) };
    let call = secrets_manager_call("secretsmanager:UpdateSecretVersionStage");
    let request = store
        .client()
        .update_secret_version_stage()
        .secret_id(secret.as_str())
        .version_stage(PENDING)
        .remove_from_version_id(version);
    let response = request.send().await;
    response.map(drop).map_err(|error| call.to_upstream_error(&error))
}

/// Sets the tags of the secret that are not correct yet.
async fn tag_if_needed(
    store: &SecretsManagerStore,
    known: &SecretMetadata,
    staged: &StagedSecret,
    uid: &Uid,
) -> Result<(), UpstreamError> {
    if !known.is_active_for(uid, staged) {
        return tag_as_registered(store, &known.arn, uid, staged).await;
    }
    if known.current_version() == Some(&staged.version) {
        return Ok(());
    }
    // Only the version changes. The tag must name the initiator of this change; the other tags are
    // already correct.
    let call = secrets_manager_call("secretsmanager:TagResource");
    let request = store.client().tag_resource().secret_id(known.arn.as_str());
    let response = request.tags(metadata::changed_by_tag()).send().await;
    response.map(drop).map_err(|error| call.to_upstream_error(&error))
}

/// Tags the secret as registered for this uid, with the method and settings of the staged version.
async fn tag_as_registered(
    store: &SecretsManagerStore,
    secret: &SecretArn,
    uid: &Uid,
    StagedSecret { method, settings, .. }: &StagedSecret,
) -> Result<(), UpstreamError> {
    let call = secrets_manager_call("secretsmanager:TagResource");
    let request = store
        .client()
        .tag_resource()
        .secret_id(secret.as_str())
        .tags(metadata::state_tag(SecretState::Registered))
        .tags(metadata::method_tag(*method))
        .tags(metadata::owner_tag(uid))
        .tags(metadata::changed_by_tag());
    let [profile, region] = metadata::settings_tags(settings);
    let response = request.tags(profile).tags(region).send().await;
    response.map(drop).map_err(|error| call.to_upstream_error(&error))
}
