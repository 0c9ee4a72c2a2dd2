//! The request, as a caller writes it.

use aws::SecretsManager;
use domain::{AccessKeyId, Failure, Method, Partition, SecretArn, SecretKey, Settings, StaticKeys};
use lambda::{Members, Rejection};

/// What the caller asks for.
pub(crate) struct Wish<K> {
    /// What every method asks.
    pub(crate) settings: Settings,
    /// The keys, or where they are.
    pub(crate) keys: K,
}

/// Keys as they may come.
pub(crate) enum Keys {
    /// In the request.
    Inline(StaticKeys),
    /// In a secret, so that they need not pass through a portal.
    InVault(SecretArn),
}

impl Wish<Keys> {
    /// Every member parsed, or every fault of them.
    pub(crate) fn read(mut members: Members, deployed: Partition) -> Result<Self, Rejection> {
        let settings = members.settings(deployed, Method::StaticCredentials, false);
        let keys = if members.has("secretArn") {
            for member in ["accessKeyId", "secretAccessKey"] {
                members.excluded(
                    member,
                    "must be left out where secretArn is given: the secret holds it",
                );
            }
            members.secret_arn("secretArn", deployed).map(Keys::InVault)
        } else {
            let id = members.required::<AccessKeyId>("accessKeyId");
            let secret = members.secret::<SecretKey>("secretAccessKey");
            id.zip(secret).map(|(id, secret)| Keys::Inline(StaticKeys { id, secret }))
        };
        members.finish()?;
        settings
            .zip(keys)
            .map(|(settings, keys)| Self { settings, keys })
            .ok_or_else(Rejection::incomplete)
    }

    /// The same with the keys at hand.
    pub(crate) async fn opened(self, vault: &SecretsManager) -> Result<Wish<StaticKeys>, Failure> {
        let keys = match self.keys {
            Keys::Inline(keys) => keys,
            Keys::InVault(arn) => vault.read_keys(&arn, Some(&self.settings.name)).await?,
        };
        Ok(Wish { settings: self.settings, keys })
    }
}
