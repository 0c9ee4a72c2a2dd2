//! Secrets Manager as the keeper of accounts' keys, and of Palette's.

mod document;
mod keyring;
mod known;
pub mod outside;
mod promote;
mod read;
mod retire;
mod stage;

use std::sync::{Arc, OnceLock};

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use gangway_model::{
    AccountId, AccountName, Partition, PortError, Registration, Scope, SecretArn, Uid,
    ports::{Condemned, Owner, Staged, Vault},
};

use crate::fault::{Call, SECRETS_MANAGER};

pub use document::Contents;
pub use read::Kept;

/// The secrets of one region, as one identity sees them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SecretsManager(Arc<Shelf>);

#[derive(Debug)]
struct Shelf {
    config: SdkConfig,
    // Made when first asked: making a client costs more than all else at start.
    client: OnceLock<Client>,
    partition: Partition,
    region: String,
    prefix: String,
    kms_key: Option<String>,
    api_key: String,
}

/// The label of the version in use.
const CURRENT: &str = "AWSCURRENT";

/// The label of a version that is kept and not yet in use.
const PENDING: &str = "AWSPENDING";

impl SecretsManager {
    pub(crate) fn new(
        config: SdkConfig,
        partition: Partition,
        region: &str,
        prefix: &str,
        kms_key: Option<&str>,
        api_key: &str,
    ) -> Self {
        let (region, prefix, api_key) = (region.to_owned(), prefix.to_owned(), api_key.to_owned());
        let kms_key = kms_key.map(str::to_owned);
        let client = OnceLock::new();
        Self(Arc::new(Shelf { config, client, partition, region, prefix, kms_key, api_key }))
    }

    fn client(&self) -> &Client {
        self.0.client.get_or_init(|| Client::new(&self.0.config))
    }

    /// What the secret of an account is called. The same name may stand in several scopes, each with keys of its own; `@`
    /// is in no account's name.
    fn name(
        &self,
        partition: Partition,
        account: AccountId,
        name: &AccountName,
        scope: &Scope,
    ) -> String {
        let prefix = &self.0.prefix;
        format!("{prefix}/{partition}/{account}/{}", Self::named(name, scope))
    }

    /// The part that tells name and scope.
    fn named(name: &AccountName, scope: &Scope) -> String {
        match scope {
            Scope::Tenant => name.to_string(),
            Scope::Project(uid) => format!("{name}@{uid}"),
        }
    }
}

/// A call about a secret, for its errors.
const fn call(action: &'static str) -> Call {
    Call { service: SECRETS_MANAGER, action, what: "such secret" }
}

/// The ARN of an answer.
fn secret_arn(call: Call, arn: Option<&str>) -> Result<SecretArn, PortError> {
    let arn = arn.and_then(|arn| arn.parse().ok());
    arn.ok_or_else(|| call.unreadable("its answer names no secret"))
}

impl Vault for SecretsManager {
    async fn stage(&self, registration: &Registration) -> Result<Option<Staged>, PortError> {
        stage::stage(self, registration).await
    }

    async fn promote(&self, staged: &Staged, uid: &Uid) -> Result<(), PortError> {
        promote::promote(self, staged, uid).await
    }

    async fn holds(&self, staged: &Staged, uid: &Uid) -> Result<bool, PortError> {
        promote::holds(self, staged, uid).await
    }

    async fn discard(&self, staged: Staged) -> Result<(), PortError> {
        retire::discard(self, &staged).await
    }

    async fn condemn(
        &self,
        owner: Owner<'_>,
        keep: Option<&SecretArn>,
    ) -> Result<Condemned, PortError> {
        retire::condemn(self, owner, keep).await
    }

    async fn retire(&self, uid: &Uid, condemned: Condemned) -> Result<usize, PortError> {
        retire::retire(self, uid, condemned).await
    }

    async fn spare(&self, condemned: Condemned) -> Result<(), PortError> {
        retire::spare(self, condemned).await
    }
}
