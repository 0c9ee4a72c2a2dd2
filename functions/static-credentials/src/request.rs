//! Parses the request.

use gangway_aws::SecretsManagerStore;
use gangway_lambda::{ApiError, Fields};
use gangway_model::{
    AccessKey, AccountSpec, AuthMethod, Description, FieldError, Operation, Partition,
    RegistrationError, Scope, SecretSource,
};

/// A request to register or validate an account.
pub(crate) struct StaticCredentialsRequest<K> {
    pub(crate) account: AccountSpec,
    /// The access key, or the secret that contains it.
    pub(crate) keys: K,
    /// Whether the key is to be rotated, where this deployment rotates keys.
    pub(crate) rotation: bool,
}

impl StaticCredentialsRequest<SecretSource<AccessKey>> {
    /// Parses the fields of a request. Returns every error at once.
    pub(crate) fn parse(mut fields: Fields, deployed: Partition) -> Result<Self, ApiError> {
        let account = fields.account_spec(deployed, AuthMethod::StaticCredentials, false);
        let keys = fields.access_key(deployed);
        let rotation = fields.optional_bool_or("rotation", true);
        fields.finish(account.zip(keys).map(|(account, keys)| Self { account, keys, rotation }))
    }

    /// Reads the access key from the secret that the request names, if it names one.
    pub(crate) async fn resolve_secrets(
        self,
        secrets: &SecretsManagerStore,
        scope: &Scope,
        operation: &Operation,
    ) -> Result<StaticCredentialsRequest<AccessKey>, RegistrationError> {
        let Self { mut account, keys, rotation } = self;
        let resolved = secrets.resolve_source(keys, &account.scope, scope, operation).await?;
        account.incoming_secret = resolved.incoming_secret;
        reject_secret_in_text(&account, &resolved.credential)?;
        Ok(StaticCredentialsRequest { account, keys: resolved.credential, rotation })
    }
}

/// Rejects a text of the account that contains the secret access key, which may be in the secret that the
/// request names. Palette shows these texts to everyone.
fn reject_secret_in_text(account: &AccountSpec, keys: &AccessKey) -> Result<(), RegistrationError> {
    let texts = [
        ("name", Some(account.name.as_str())),
        ("description", account.description.as_ref().map(Description::as_str)),
    ];
    let found = texts.into_iter().filter(|(_, text)| text.is_some_and(|it| keys.secret.is_in(it)));
    let errors: Vec<_> = found
        .map(|(name, _)| {
            let error = format!("{name} contains the value of secretAccessKey: remove it");
            FieldError::malformed(format!("/{name}"), error)
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(RegistrationError::Invalid(errors)) }
}
