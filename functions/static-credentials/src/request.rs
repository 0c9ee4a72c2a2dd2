//! Parses requests of the method `static-credentials`.

use gangway_aws::SecretsManagerStore;
use gangway_lambda::{ApiError, Fields};
use gangway_model::{
    AccessKey, AccountSpec, AuthMethod, Description, FieldError, Operation, Partition,
    RegistrationError, Scope, SecretSource,
};

/// A request to register or validate an account. `K` is the type of the access key, or of its
/// source.
pub(crate) struct StaticCredentialsRequest<K> {
    pub(crate) account: AccountSpec,
    /// The access key, or the secret that contains the access key.
    pub(crate) access_key: K,
    /// Whether the request asks for rotation of the access key. Without effect if this deployment
    /// rotates no access keys.
    pub(crate) is_rotation_requested: bool,
}

impl StaticCredentialsRequest<SecretSource<AccessKey>> {
    /// Parses the fields of a request. Returns every error at once.
    pub(crate) fn parse(mut fields: Fields, deployed: Partition) -> Result<Self, ApiError> {
        let account = fields.account_spec(deployed, AuthMethod::StaticCredentials, false);
        let access_key = fields.access_key(deployed);
        let is_rotation_requested = fields.optional_bool_or("rotation", true);
        fields.finish(account.zip(access_key).map(|(account, access_key)| Self {
            account,
            access_key,
            is_rotation_requested,
        }))
    }

    /// If the request names a secret, reads the access key from this secret.
    pub(crate) async fn resolve_secrets(
        self,
        secrets: &SecretsManagerStore,
        scope: &Scope,
        operation: &Operation,
    ) -> Result<StaticCredentialsRequest<AccessKey>, RegistrationError> {
        let Self { mut account, access_key, is_rotation_requested } = self;
        let resolved = secrets.resolve_source(access_key, &account.scope, scope, operation).await?;
        account.incoming_secret = resolved.incoming_secret;
        reject_secret_in_name_or_description(&account, &resolved.credential)?;
        Ok(StaticCredentialsRequest {
            account,
            access_key: resolved.credential,
            is_rotation_requested,
        })
    }
}

/// Rejects a name or description that contains the secret access key. Palette shows these texts to
/// all its users. If the secret access key is in a secret that the request names, only this
/// function can find it.
fn reject_secret_in_name_or_description(
    account: &AccountSpec,
    access_key: &AccessKey,
) -> Result<(), RegistrationError> {
    let texts = [
        ("name", Some(account.name.as_str())),
        ("description", account.description.as_ref().map(Description::as_str)),
    ];
    let found =
        texts.into_iter().filter(|(_, text)| text.is_some_and(|it| access_key.secret.is_in(it)));
    let errors: Vec<_> = found
        .map(|(name, _)| {
            let error = format!("{name} contains the value of secretAccessKey: remove it");
            FieldError::malformed(format!("/{name}"), error)
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(RegistrationError::Invalid(errors)) }
}
