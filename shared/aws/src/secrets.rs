//! Secrets Manager as the keeper of accounts' keys, and of Palette's.

mod api_key;
mod deletion;
pub mod fuzzing;
mod metadata;
mod payload;
mod promote;
mod read;
mod stage;

use std::sync::{Arc, OnceLock};

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use gangway_model::{
    AccountId, AccountName, Partition, Registration, Scope, SecretArn, Uid, UpstreamError,
    stores::{PendingDeletion, SecretOwner, SecretStore, StagedSecret},
};

use crate::error::{ApiCall, SECRETS_MANAGER};

pub use payload::SecretPayloadType;
pub use read::StoredSecret;

/// The secrets of one region, as one identity sees them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SecretsManagerStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
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

impl SecretsManagerStore {
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
        Self(Arc::new(Inner { config, client, partition, region, prefix, kms_key, api_key }))
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
const fn call(action: &'static str) -> ApiCall {
    ApiCall { service: SECRETS_MANAGER, action, resource: "such secret" }
}

/// The ARN of an answer.
fn secret_arn(call: ApiCall, arn: Option<&str>) -> Result<SecretArn, UpstreamError> {
    let arn = arn.and_then(|arn| arn.parse().ok());
    arn.ok_or_else(|| call.invalid_response("its answer names no secret"))
}

impl SecretStore for SecretsManagerStore {
    async fn stage(
        &self,
        registration: &Registration,
    ) -> Result<Option<StagedSecret>, UpstreamError> {
        stage::stage(self, registration).await
    }

    async fn promote(&self, staged: &StagedSecret, uid: &Uid) -> Result<(), UpstreamError> {
        promote::promote(self, staged, uid).await
    }

    async fn is_active(&self, staged: &StagedSecret, uid: &Uid) -> Result<bool, UpstreamError> {
        promote::holds(self, staged, uid).await
    }

    async fn delete_staged(&self, staged: StagedSecret) -> Result<(), UpstreamError> {
        deletion::discard(self, &staged).await
    }

    async fn mark_for_deletion(
        &self,
        owner: SecretOwner<'_>,
        keep: Option<&SecretArn>,
    ) -> Result<PendingDeletion, UpstreamError> {
        deletion::condemn(self, owner, keep).await
    }

    async fn delete_marked(
        &self,
        uid: &Uid,
        condemned: PendingDeletion,
    ) -> Result<usize, UpstreamError> {
        deletion::retire(self, uid, condemned).await
    }

    async fn unmark(&self, condemned: PendingDeletion) -> Result<(), UpstreamError> {
        deletion::spare(self, condemned).await
    }
}
