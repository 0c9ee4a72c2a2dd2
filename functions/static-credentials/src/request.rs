//! The request, as a caller writes it.

use gangway_aws::SecretsManager;
use gangway_lambda::{Members, Rejection};
use gangway_model::{Failure, Method, Partition, Scope, Settings, Source, StaticKeys};

/// What the caller asks for.
pub(crate) struct Wish<K> {
    /// What every method asks.
    pub(crate) settings: Settings,
    /// The keys, or where they are.
    pub(crate) keys: K,
}

impl Wish<Source<StaticKeys>> {
    /// Every member parsed, or every fault of them.
    pub(crate) fn read(mut members: Members, deployed: Partition) -> Result<Self, Rejection> {
        let settings = members.settings(deployed, Method::StaticCredentials, false);
        let keys = members.static_keys(deployed);
        members.finish()?;
        settings
            .zip(keys)
            .map(|(settings, keys)| Self { settings, keys })
            .ok_or_else(Rejection::incomplete)
    }

    /// The same with the keys at hand.
    pub(crate) async fn opened(
        self,
        vault: &SecretsManager,
        scope: &Scope,
    ) -> Result<Wish<StaticKeys>, Failure> {
        let keys = vault.opened(self.keys, Some((&self.settings.name, scope))).await?;
        Ok(Wish { settings: self.settings, keys })
    }
}
