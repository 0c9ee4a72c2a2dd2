//! Making a staged version current.

use gangway_http::{RetryPolicy, Retryable as _};
use gangway_model::{
    SecretArn, Uid, UpstreamError,
    stores::{SecretStatus, StagedSecret},
};
use tokio::join;

use super::{
    CURRENT, PENDING, SecretsManagerStore, call,
    metadata::{self, SecretMetadata, SecretState},
};
use crate::error::AwsErrorKind;

/// Why a staged version could not be made current.
enum PromoteError {
    /// A read does not show the staged version yet.
    NotVisible,
    Upstream(UpstreamError),
}

impl PromoteError {
    /// Returns `true` if another try can succeed. Secrets Manager rejects the move of a label that
    /// is not where a read showed it: another run has moved it, or the read was stale.
    const fn is_retryable(&self) -> bool {
        match self {
            Self::NotVisible => true,
            Self::Upstream(error) => error.is_rejected(),
        }
    }
}

/// Moves the label `AWSCURRENT` and tags the secret with the account's uid. Until both are done the
/// version does not count as active, so the next run completes what an interrupted run began.
pub(super) async fn promote(
    store: &SecretsManagerStore,
    staged: &StagedSecret,
    uid: &Uid,
) -> Result<(), UpstreamError> {
    match &staged.status {
        SecretStatus::ActiveFor(owner) if owner == uid => return Ok(()),
        // Secrets Manager makes the first version of a secret current by itself.
        SecretStatus::New => return tag(store, &staged.secret, uid, staged).await,
        SecretStatus::ActiveFor(_) | SecretStatus::NeverUsed | SecretStatus::OtherVersionActive => {
        }
    }
    let promoted = (|| try_promote(store, staged, uid))
        .retry(RetryPolicy::CONSISTENCY)
        .when(PromoteError::is_retryable);
    promoted.await.map_err(|error| match error {
        PromoteError::NotVisible => call("secretsmanager:DescribeSecret")
            .invalid_response("the staged version is not visible yet"),
        PromoteError::Upstream(error) => error,
    })
}

async fn try_promote(
    store: &SecretsManagerStore,
    staged: &StagedSecret,
    uid: &Uid,
) -> Result<(), PromoteError> {
    let secret = SecretMetadata::describe(store, staged.secret.as_str()).await;
    match secret.map_err(PromoteError::Upstream)? {
        None => Err(PromoteError::NotVisible),
        // Another run has deleted it since. The caller finds out by `is_active`, and stages it
        // again.
        Some(secret) if secret.scheduled => Ok(()),
        // If another run has taken its label, the version is not listed; it can be promoted anyway.
        Some(secret) => {
            make_active(store, &secret, staged, uid).await.map_err(PromoteError::Upstream)
        }
    }
}

/// Returns `true` if the version is current and tagged with this uid.
pub(super) async fn is_active(
    store: &SecretsManagerStore,
    staged: &StagedSecret,
    uid: &Uid,
) -> Result<bool, UpstreamError> {
    let known = SecretMetadata::describe(store, staged.secret.as_str()).await?;
    Ok(known.is_some_and(|known| {
        !known.scheduled
            && known.current() == Some(staged.version.as_str())
            && known.registered_for() == Some(uid)
    }))
}

async fn make_active(
    store: &SecretsManagerStore,
    known: &SecretMetadata,
    staged: &StagedSecret,
    uid: &Uid,
) -> Result<(), UpstreamError> {
    let version = &staged.version;
    // A pending version that an interrupted run left behind would block rotation.
    let abandoned = known.pending().filter(|pending| pending != version);
    let (moved, removed, tagged) = join!(
        make_current(store, known, version),
        remove_pending(store, &known.arn, abandoned),
        tag_if_needed(store, known, staged, uid),
    );
    moved?;
    removed?;
    tagged
}

async fn make_current(
    store: &SecretsManagerStore,
    known: &SecretMetadata,
    version: &str,
) -> Result<(), UpstreamError> {
    if known.current() == Some(version) {
        return Ok(());
    }
    let call = call("secretsmanager:UpdateSecretVersionStage");
    let request = store
        .client()
        .update_secret_version_stage()
        .secret_id(known.arn.as_str())
        .version_stage(CURRENT)
        .move_to_version_id(version)
        .set_remove_from_version_id(known.current().map(str::to_owned));
    match request.send().await {
        Ok(_) => Ok(()),
        // AWS does not say how long it keeps a version without a label, which another run may have
        // taken. The caller finds out by `is_active`, and stages it again.
        Err(error) if AwsErrorKind::from_sdk(&error) == Some(AwsErrorKind::NotFound) => Ok(()),
        Err(error) => Err(call.to_upstream_error(&error)),
    }
}

async fn remove_pending(
    store: &SecretsManagerStore,
    secret: &SecretArn,
    version: Option<&str>,
) -> Result<(), UpstreamError> {
    let Some(version) = version else { return Ok(()) };
    let call = call("secretsmanager:UpdateSecretVersionStage");
    let request = store
        .client()
        .update_secret_version_stage()
        .secret_id(secret.as_str())
        .version_stage(PENDING)
        .remove_from_version_id(version);
    let response = request.send().await;
    response.map(drop).map_err(|error| call.to_upstream_error(&error))
}

async fn tag_if_needed(
    store: &SecretsManagerStore,
    known: &SecretMetadata,
    staged: &StagedSecret,
    uid: &Uid,
) -> Result<(), UpstreamError> {
    if !known.is_active_for(uid, staged) {
        return tag(store, &known.arn, uid, staged).await;
    }
    if known.current() == Some(&staged.version) {
        return Ok(());
    }
    // The version changes, so the tag names who changes it. The other tags are as they should be.
    let call = call("secretsmanager:TagResource");
    let request = store.client().tag_resource().secret_id(known.arn.as_str());
    let response = request.tags(metadata::changed_by_tag()).send().await;
    response.map(drop).map_err(|error| call.to_upstream_error(&error))
}

async fn tag(
    store: &SecretsManagerStore,
    secret: &SecretArn,
    uid: &Uid,
    StagedSecret { method, settings, .. }: &StagedSecret,
) -> Result<(), UpstreamError> {
    let call = call("secretsmanager:TagResource");
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
