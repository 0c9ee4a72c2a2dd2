//! Keeping a credential beside the one in use.

use gangway_model::{
    Registration, SecretArn, UpstreamError,
    stores::{SecretStatus, StagedSecret},
};

use super::{
    PENDING, SecretsManagerStore, call,
    metadata::{self, SecretMetadata, SecretState},
    payload::SecretPayload,
    secret_arn,
};
use crate::error::{AwsErrorKind, SECRETS_MANAGER};

/// How often another run may get in between before it is an error.
const MAX_ATTEMPTS: usize = 3;

/// Looks before it creates: for content that is there already Secrets Manager answers a creation with success, and does
/// not say whether that content is in use.
pub(super) async fn stage(
    vault: &SecretsManagerStore,
    registration: &Registration,
) -> Result<Option<StagedSecret>, UpstreamError> {
    let Registration { partition, account, name, scope, credential, .. } = registration;
    let Some(document) = SecretPayload::from_credential(credential, *partition) else {
        return Ok(None);
    };
    let name = vault.name(*partition, *account, name, scope);
    for _try in 0..MAX_ATTEMPTS {
        if let Some(known) = SecretMetadata::describe(vault, &name).await? {
            return add_version(vault, known, registration, document).await.map(Some);
        }
        if let Some(secret) = create(vault, &name, registration, &document).await? {
            let (method, version) = (credential.method(), document.version);
            return Ok(Some(StagedSecret { secret, method, version, status: SecretStatus::New }));
        }
    }
    Err(UpstreamError::AlreadyExists { service: SECRETS_MANAGER })
}

/// `None` where somebody else was faster. The first version of a secret is current whatever one asks, hence the state.
async fn create(
    vault: &SecretsManagerStore,
    name: &str,
    registration: &Registration,
    document: &SecretPayload,
) -> Result<Option<SecretArn>, UpstreamError> {
    let call = call("secretsmanager:CreateSecret");
    let request = vault
        .client()
        .create_secret()
        .name(name)
        .description("What lets Palette into an AWS account; kept by Gangway")
        .client_request_token(&document.version)
        .secret_string(document.text.as_str())
        .set_kms_key_id(vault.0.kms_key.clone())
        .set_tags(Some(metadata::tags(registration)));
    match request.send().await {
        Ok(answer) => secret_arn(call, answer.arn()).map(Some),
        Err(error) => match AwsErrorKind::from_sdk(&error) {
            Some(AwsErrorKind::AlreadyExists | AwsErrorKind::InvalidState) => Ok(None),
            Some(_) | None => Err(call.to_upstream_error(&error)),
        },
    }
}

/// The secret is there, perhaps in its recovery window, perhaps with these very keys.
async fn add_version(
    vault: &SecretsManagerStore,
    known: SecretMetadata,
    registration: &Registration,
    document: SecretPayload,
) -> Result<StagedSecret, UpstreamError> {
    if known.scheduled {
        let call = call("secretsmanager:RestoreSecret");
        let request = vault.client().restore_secret().secret_id(known.arn.as_str());
        request.send().await.map_err(|error| call.to_upstream_error(&error))?;
    }
    let version = document.version.as_str();
    if !known.has(version) {
        put(vault, &known, &document).await?;
    }
    let scope = metadata::scope_value(&registration.scope);
    if known.scope.as_deref() != Some(&scope) {
        let call = call("secretsmanager:TagResource");
        let request = vault.client().tag_resource().secret_id(known.arn.as_str());
        let request = request.tags(metadata::scope_tag(&registration.scope));
        request.send().await.map_err(|error| call.to_upstream_error(&error))?;
    }
    let current = known.current() == Some(version) && !known.scheduled;
    let standing = match (known.state, known.registered_for().filter(|_| current)) {
        (_, Some(uid)) => SecretStatus::ActiveFor(uid.clone()),
        (Some(SecretState::Staged | SecretState::PendingDeletion), None) => SecretStatus::NeverUsed,
        (Some(SecretState::Registered) | None, None) => SecretStatus::OtherVersionActive,
    };
    let method = registration.credential.method();
    Ok(StagedSecret { secret: known.arn, method, version: document.version, status: standing })
}

async fn put(
    vault: &SecretsManagerStore,
    known: &SecretMetadata,
    document: &SecretPayload,
) -> Result<(), UpstreamError> {
    let call = call("secretsmanager:PutSecretValue");
    let request = vault
        .client()
        .put_secret_value()
        .secret_id(known.arn.as_str())
        .client_request_token(&document.version)
        .secret_string(document.text.as_str())
        .version_stages(PENDING);
    let answer = request.send().await;
    answer.map(drop).map_err(|error| call.to_upstream_error(&error))
}
