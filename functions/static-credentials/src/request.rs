//! The request, as a caller writes it.

use gangway_aws::SecretsManagerStore;
use gangway_lambda::{ApiError, JsonFields};
use gangway_model::{
    AccessKey, AccountSpec, AuthMethod, Partition, RegistrationError, Scope, SecretSource,
};

/// What the caller asks for.
pub(crate) struct StaticCredentialsRequest<K> {
    /// What every method asks.
    pub(crate) settings: AccountSpec,
    /// The keys, or where they are.
    pub(crate) keys: K,
}

impl StaticCredentialsRequest<SecretSource<AccessKey>> {
    /// Every member parsed, or every fault of them.
    pub(crate) fn parse(mut members: JsonFields, deployed: Partition) -> Result<Self, ApiError> {
        let settings = members.account_spec(deployed, AuthMethod::StaticCredentials, false);
        let keys = members.access_key(deployed);
        members.finish()?;
        settings
            .zip(keys)
            .map(|(settings, keys)| Self { settings, keys })
            .ok_or_else(ApiError::incomplete)
    }

    /// The same with the keys at hand.
    pub(crate) async fn resolve_secrets(
        self,
        vault: &SecretsManagerStore,
        scope: &Scope,
    ) -> Result<StaticCredentialsRequest<AccessKey>, RegistrationError> {
        let keys = vault.resolve_source(self.keys, Some((&self.settings.name, scope))).await?;
        Ok(StaticCredentialsRequest { settings: self.settings, keys })
    }
}
