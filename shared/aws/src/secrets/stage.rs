//! Stages a credential: writes it as a pending version of a secret. The current version does not
//! change.

use std::time::Duration;

use gangway_http::{RetryPolicy, Retryable as _};
use gangway_model::{
    Registration, SecretArn, UpstreamError,
    stores::{SecretStatus, StagedSecret},
};

use super::{
    PENDING, SecretsManagerStore,
    metadata::{self, SecretMetadata, SecretState},
    parse_secret_arn,
    payload::SecretPayload,
    secrets_manager_call,
};
use crate::error::{AwsErrorKind, SECRETS_MANAGER};

/// Maximum total delay before retries. It allows two retries.
const MAX_DELAY: Duration = Duration::from_secs(3);

/// Writes the credential of a registration as a pending version of its secret. Returns `None` if
/// the method stores no secret.
///
/// Calls `DescribeSecret` before `CreateSecret`, because `CreateSecret` also succeeds if the secret
/// exists with the same content, and does not return whether this content is current.
pub(super) async fn stage(
    store: &SecretsManagerStore,
    registration: &Registration,
) -> Result<Option<StagedSecret>, UpstreamError> {
    let Registration { partition, account, name, scope, credential, .. } = registration;
    let Some(payload) = SecretPayload::from_credential(credential, *partition) else {
        return Ok(None);
    };
    let name = store.secret_name(*partition, *account, name, scope);
    // Another run may create or delete the secret between `DescribeSecret` and the call that
    // follows.
    (|| create_secret_or_add_version(store, &name, registration, &payload))
        .retry(RetryPolicy::CONFLICT.within(MAX_DELAY))
        .when(UpstreamError::is_already_exists)
        .await
        .map(Some)
}

async fn create_secret_or_add_version(
    store: &SecretsManagerStore,
    name: &str,
    registration: &Registration,
    payload: &SecretPayload,
) -> Result<StagedSecret, UpstreamError> {
    if let Some(existing) = SecretMetadata::describe(store, name).await? {
        return add_version(store, existing, registration, payload).await;
    }
    let secret = create_secret(store, name, registration, payload).await?;
    Ok(to_staged_secret(secret, registration, payload, SecretStatus::New))
}

fn to_staged_secret(
    secret: SecretArn,
    registration: &Registration,
    payload: &SecretPayload,
    status: SecretStatus,
) -> StagedSecret {
    let (method, settings) = (registration.credential.method(), registration.settings());
    StagedSecret { secret, method, settings, version: payload.version.clone(), status }
}

/// Creates the secret. Secrets Manager makes the first version current at once, so the state tag
/// *staged* marks that the secret is not active.
///
/// # Errors
///
/// [`UpstreamError::AlreadyExists`] if another run has created the secret in the meantime.
async fn create_secret(
    store: &SecretsManagerStore,
    name: &str,
    registration: &Registration,
    payload: &SecretPayload,
) -> Result<SecretArn, UpstreamError> {
    let call = secrets_manager_call("secretsmanager:CreateSecret");
    let request = store
        .client()
        .create_secret()
        .name(name)
        .description("Credential of an AWS account for Palette, stored by Gangway")
        .client_request_token(&payload.version)
        .secret_string(payload.text.as_str())
        .set_kms_key_id(store.0.kms_key.clone())
        .set_tags(Some(metadata::new_secret_tags(registration)));
    match request.send().await {
        Ok(response) => parse_secret_arn(call, response.arn()),
        Err(error) => match AwsErrorKind::from_sdk(&error) {
            Some(AwsErrorKind::AlreadyExists | AwsErrorKind::InvalidState) => {
                Err(UpstreamError::AlreadyExists { service: SECRETS_MANAGER })
            }
            Some(_) | None => Err(call.to_upstream_error(&error)),
        },
    }
}

/// Adds the payload as a pending version to an existing secret. Adds nothing if the secret already
/// has this version. First restores a secret that is scheduled for deletion.
async fn add_version(
    store: &SecretsManagerStore,
    known: SecretMetadata,
    registration: &Registration,
    payload: &SecretPayload,
) -> Result<StagedSecret, UpstreamError> {
    if known.is_scheduled_for_deletion {
        let call = secrets_manager_call("secretsmanager:RestoreSecret");
        let request = store.client().restore_secret().secret_id(known.arn.as_str());
        request.send().await.map_err(|error| call.to_upstream_error(&error))?;
    }
    let version = payload.version.as_str();
    if !known.has_version(version) {
        put_secret_value(store, &known, payload).await?;
    }
    let scope = registration.scope.to_string();
    if known.scope.as_deref() != Some(&scope) {
        let call = secrets_manager_call("secretsmanager:TagResource");
        let request = store.client().tag_resource().secret_id(known.arn.as_str());
        let request = request.tags(metadata::scope_tag(&registration.scope));
        request.send().await.map_err(|error| call.to_upstream_error(&error))?;
    }
    let is_current = known.current_version() == Some(version)
        && known.has_settings(&registration.settings())
        && !known.is_scheduled_for_deletion;
    let status = match (known.state, known.registered_for().filter(|_| is_current)) {
        (_, Some(uid)) => SecretStatus::ActiveFor(uid.clone()),
        (Some(SecretState::Staged | SecretState::PendingDeletion), None) => SecretStatus::NeverUsed,
        (Some(SecretState::Registered | SecretState::Promoted) | None, None) => {
            SecretStatus::OtherVersionActive
        }
    };
    Ok(to_staged_secret(known.arn, registration, payload, status))
}

async fn put_secret_value(
    store: &SecretsManagerStore,
    known: &SecretMetadata,
    payload: &SecretPayload,
) -> Result<(), UpstreamError> {
    let call = secrets_manager_call("secretsmanager:PutSecretValue");
    let request = store
        .client()
        .put_secret_value()
        .secret_id(known.arn.as_str())
        .client_request_token(&payload.version)
        .secret_string(payload.text.as_str())
        .version_stages(PENDING);
    let response = request.send().await;
    response.map(drop).map_err(|error| call.to_upstream_error(&error))
}
