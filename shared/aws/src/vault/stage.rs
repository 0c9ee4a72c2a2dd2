//! Keeping a credential beside the one in use.

use gangway_model::{
    PortError, Registration, SecretArn,
    ports::{Staged, Standing},
};

use super::{
    PENDING, SecretsManager, call,
    document::Document,
    known::{self, Known, State},
    secret_arn,
};
use crate::fault::{Refusal, SECRETS_MANAGER};

/// How often another run may get in between before it is an error.
const TRIES: usize = 3;

/// Looks before it creates: for content that is there already Secrets Manager answers a creation with success, and does
/// not say whether that content is in use.
pub(super) async fn stage(
    vault: &SecretsManager,
    registration: &Registration,
) -> Result<Option<Staged>, PortError> {
    let Registration { partition, account, name, scope, credential, .. } = registration;
    let Some(document) = Document::of(credential, *partition) else { return Ok(None) };
    let name = vault.name(*partition, *account, name, scope);
    for _try in 0..TRIES {
        if let Some(known) = Known::of(vault, &name).await? {
            return beside(vault, known, registration, document).await.map(Some);
        }
        if let Some(secret) = create(vault, &name, registration, &document).await? {
            let (method, version) = (credential.method(), document.version);
            return Ok(Some(Staged { secret, method, version, standing: Standing::New }));
        }
    }
    Err(PortError::Duplicate { service: SECRETS_MANAGER })
}

/// `None` where somebody else was faster. The first version of a secret is current whatever one asks, hence the state.
async fn create(
    vault: &SecretsManager,
    name: &str,
    registration: &Registration,
    document: &Document,
) -> Result<Option<SecretArn>, PortError> {
    let call = call("secretsmanager:CreateSecret");
    let request = vault
        .client()
        .create_secret()
        .name(name)
        .description("What lets Palette into an AWS account; kept by Gangway")
        .client_request_token(&document.version)
        .secret_string(document.text.as_str())
        .set_kms_key_id(vault.0.kms_key.clone())
        .set_tags(Some(known::tags(registration)));
    match request.send().await {
        Ok(answer) => secret_arn(call, answer.arn()).map(Some),
        Err(error) => match Refusal::from_sdk(&error) {
            Some(Refusal::Exists | Refusal::WrongState) => Ok(None),
            Some(_) | None => Err(call.failed(&error)),
        },
    }
}

/// The secret is there, perhaps in its recovery window, perhaps with these very keys.
async fn beside(
    vault: &SecretsManager,
    known: Known,
    registration: &Registration,
    document: Document,
) -> Result<Staged, PortError> {
    if known.scheduled {
        let call = call("secretsmanager:RestoreSecret");
        let request = vault.client().restore_secret().secret_id(known.arn.as_str());
        request.send().await.map_err(|error| call.failed(&error))?;
    }
    let version = document.version.as_str();
    if !known.has(version) {
        put(vault, &known, &document).await?;
    }
    let scope = known::scope_value(&registration.scope);
    if known.scope.as_deref() != Some(&scope) {
        let call = call("secretsmanager:TagResource");
        let request = vault.client().tag_resource().secret_id(known.arn.as_str());
        let request = request.tags(known::scoped(&registration.scope));
        request.send().await.map_err(|error| call.failed(&error))?;
    }
    let current = known.current() == Some(version) && !known.scheduled;
    let standing = match (known.state, known.registered_for().filter(|_| current)) {
        (_, Some(uid)) => Standing::InUse(uid.clone()),
        (Some(State::Staged | State::Retired), None) => Standing::Unused,
        (Some(State::Registered) | None, None) => Standing::Used,
    };
    let method = registration.credential.method();
    Ok(Staged { secret: known.arn, method, version: document.version, standing })
}

async fn put(vault: &SecretsManager, known: &Known, document: &Document) -> Result<(), PortError> {
    let call = call("secretsmanager:PutSecretValue");
    let request = vault
        .client()
        .put_secret_value()
        .secret_id(known.arn.as_str())
        .client_request_token(&document.version)
        .secret_string(document.text.as_str())
        .version_stages(PENDING);
    let answer = request.send().await;
    answer.map(drop).map_err(|error| call.failed(&error))
}
