//! Reads and writes secrets of AWS Secrets Manager: the credentials of registered accounts, and
//! Palette's API key.

mod api_key;
mod deletion;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod incoming;
mod metadata;
mod payload;
mod promote;
mod read;
mod records;
mod rotation;
mod stage;

use std::sync::{Arc, OnceLock};

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use gangway_model::{
    AccountId, AccountName, Partition, Registration, Scope, SecretArn, Uid, UpstreamError,
    stores::{PendingDeletion, SecretOwner, SecretStore, StagedSecret},
};

use crate::error::{ApiCall, SECRETS_MANAGER};

pub use incoming::ResolvedCredential;
pub use payload::SecretPayloadType;
pub use read::StoredSecret;
pub use rotation::{OldKey, RotatingSecret, RotationSchedule, RotationStatus, RotationVersion};

/// Secret store: reads and writes the secrets of one region with the credentials of one
/// [`AwsSession`](crate::AwsSession). Clones share the client and the configuration.
#[derive(Clone, Debug)]
pub struct SecretsManagerStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: SdkConfig,
    // The client is built on first use, because this takes most of the time of a cold start.
    client: OnceLock<Client>,
    partition: Partition,
    region: String,
    /// Prefix of the names of all secrets of Gangway.
    prefix: String,
    /// KMS key that encrypts new secrets; `None` for the default key of Secrets Manager.
    kms_key: Option<String>,
    /// Name or ARN of the secret with Palette's API key.
    api_key: String,
}

/// Staging label of the current version of a secret.
const CURRENT: &str = "AWSCURRENT";

/// Staging label of a pending version, which nobody uses yet.
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

    /// Returns uid and scope of each Palette account that owns a secret of this AWS account and
    /// account name. Finds also owners that Palette no longer has.
    pub async fn owners_of(
        &self,
        account: AccountId,
        name: &AccountName,
    ) -> Result<Vec<(Uid, Scope)>, UpstreamError> {
        deletion::owners_of(self, account, name).await
    }

    fn client(&self) -> &Client {
        self.0.client.get_or_init(|| Client::new(&self.0.config))
    }

    /// Returns the name of the secret of an account. Accounts in different scopes may have the same
    /// name, so the name of the secret ends with `@` and the project. The part for the account name
    /// contains no `@`.
    fn secret_name(
        &self,
        partition: Partition,
        account: AccountId,
        name: &AccountName,
        scope: &Scope,
    ) -> String {
        let prefix = &self.0.prefix;
        format!("{prefix}/{partition}/{account}/{}", Self::account_and_scope_part(name, scope))
    }

    /// Returns the prefix of the names of all stored credentials in this partition.
    fn stored_secret_prefix(&self) -> String {
        format!("{}/{}/", self.0.prefix, self.0.partition)
    }

    /// Returns the last part of the name of a secret: the account name and the scope.
    fn account_and_scope_part(name: &AccountName, scope: &Scope) -> String {
        let name = name.to_secret_name_part();
        match scope {
            Scope::Tenant => name,
            Scope::Project(uid) => format!("{name}@{uid}"),
        }
    }
}

/// Returns the error context of a Secrets Manager call.
const fn secrets_manager_call(action: &'static str) -> ApiCall {
    ApiCall { service: SECRETS_MANAGER, action, resource: "such secret" }
}

/// Parses the secret ARN in a response.
fn parse_secret_arn(call: ApiCall, arn: Option<&str>) -> Result<SecretArn, UpstreamError> {
    let arn = arn.and_then(|arn| arn.parse().ok());
    arn.ok_or_else(|| call.invalid_response("the response contains no secret ARN"))
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
        promote::is_active(self, staged, uid).await
    }

    async fn delete_staged(&self, staged: StagedSecret) -> Result<(), UpstreamError> {
        deletion::delete_staged(self, &staged).await
    }

    async fn mark_for_deletion(
        &self,
        owner: SecretOwner<'_>,
        keep: Option<&SecretArn>,
    ) -> Result<PendingDeletion, UpstreamError> {
        deletion::mark_for_deletion(self, owner, keep).await
    }

    async fn delete_marked(
        &self,
        uid: &Uid,
        marked: PendingDeletion,
    ) -> Result<usize, UpstreamError> {
        deletion::delete_marked(self, uid, marked).await
    }

    async fn unmark(&self, marked: PendingDeletion) -> Result<(), UpstreamError> {
        deletion::unmark(self, marked).await
    }
}
