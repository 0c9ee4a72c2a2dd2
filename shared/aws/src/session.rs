//! A session: region, endpoints and the credentials of one identity.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use aws_config::{
    BehaviorVersion, ConfigLoader, Region, SdkConfig,
    environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider},
    identity::IdentityCache,
    retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig,
};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use gangway_http::origin;
use gangway_model::{AccessKey, Partition, RoleArn, TemporaryCredentials, UpstreamError};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::{
    error::{ApiCall, AwsErrorKind, IAM, STS, error_code},
    http::ReqwestConnector,
    secrets::SecretsManagerStore,
};

/// Region, partition and HTTP client for AWS calls, together with the credentials of one identity.
///
/// A clone is cheap: it shares all of this, and the SDK clients that are built on first use.
/// Sessions with other credentials share the HTTP client and its connections, but build their own
/// SDK clients.
#[derive(Clone, Debug)]
pub struct AwsSession(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: SdkConfig,
    region: String,
    partition: Partition,
    /// Access key ID, for sessions with credentials of a request.
    key_id: Option<String>,
    // Built on first use: building a client takes most of the time of a cold start.
    sts: OnceLock<aws_sdk_sts::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
}

#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConfigError {
    #[error("AWS_REGION must name the region that the function runs in")]
    NoRegion,
    #[error("AWS_REGION must be a region of aws, aws-us-gov, aws-iso-b or aws-iso, not {0}")]
    Region(String),
}

/// Duration of assumed role sessions in seconds, the shortest that STS accepts.
const SESSION_SECONDS: i32 = 900;

/// Attempts of the SDK for each call.
const MAX_ATTEMPTS: u32 = 3;

/// Attempts of the SDK for IAM, which throttles simulations early, per account: up to three seconds
/// pass from the first to the last.
const IAM_MAX_ATTEMPTS: u32 = 6;

/// Returns the settings that all sessions share. Credentials and region are set by the caller, so
/// that neither profiles nor instance metadata are read.
fn loader(http: reqwest::Client) -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(ReqwestConnector(http))
        .profile_files(no_profiles())
        .identity_cache(IdentityCache::no_cache())
        .retry_config(retry_config(MAX_ATTEMPTS))
        // `ReqwestConnector` reads whole responses, with a timeout.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

fn retry_config(attempts: u32) -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(attempts)
        .with_initial_backoff(Duration::from_millis(100))
}

impl AwsSession {
    /// Returns a session of the function's own role: region, endpoints and credentials come from
    /// the environment, as Lambda sets them.
    pub async fn from_env(http: reqwest::Client) -> Result<Self, ConfigError> {
        let config = loader(http)
            .credentials_provider(EnvironmentVariableCredentialsProvider::new())
            .region(EnvironmentVariableRegionProvider::new())
            .load()
            .await;
        let region = config.region().map(Region::to_string).ok_or(ConfigError::NoRegion)?;
        let partition =
            Partition::from_region(&region).ok_or_else(|| ConfigError::Region(region.clone()))?;
        Ok(Self::new(config, region, partition, None))
    }

    fn new(
        config: SdkConfig,
        region: String,
        partition: Partition,
        key_id: Option<String>,
    ) -> Self {
        let (sts, iam) = (OnceLock::new(), OnceLock::new());
        Self(Arc::new(Inner { config, region, partition, key_id, sts, iam }))
    }

    /// Returns a session with these credentials for the local cloud at `url`.
    #[cfg(test)]
    pub(crate) async fn for_test(
        http: reqwest::Client,
        url: &str,
        region: &str,
        keys: &local_cloud::aws::AwsCredentials,
    ) -> Self {
        let keys = Credentials::new(&keys.id, &keys.secret, keys.token.clone(), None, "test");
        let loader = loader(http).credentials_provider(keys).endpoint_url(url);
        let config = loader.region(Region::new(region.to_owned())).load().await;
        Self::new(config, region.to_owned(), Partition::from_region(region).unwrap(), None)
    }

    pub fn region(&self) -> &str {
        &self.0.region
    }

    pub fn partition(&self) -> Partition {
        self.0.partition
    }

    /// Returns the access key ID, if this is a session with credentials of a request.
    pub fn key_id(&self) -> Option<&str> {
        self.0.key_id.as_deref()
    }

    /// Returns a session with these access keys.
    #[must_use]
    pub fn with_static_credentials(&self, keys: &AccessKey) -> Self {
        #[expect(clippy::disallowed_methods, reason = "requests are signed with it")]
        let secret = keys.secret.secret().expose_secret();
        let id = keys.id.as_str();
        let credentials = Credentials::new(id, secret, None, None, "keys-under-test");
        self.with_credentials(credentials, Some(id.to_owned()))
    }

    /// Returns a session with credentials of an access portal.
    #[must_use]
    pub fn with_temporary_credentials(&self, keys: &TemporaryCredentials) -> Self {
        let TemporaryCredentials { id, secret, token, expires } = keys;
        #[expect(clippy::disallowed_methods, reason = "requests are signed with them")]
        let open = |secret: &SecretString| secret.expose_secret().to_owned();
        let (secret, token) = (open(secret), token.as_ref().map(open));
        let credentials = Credentials::new(id, secret, token, *expires, "portal-keys");
        self.with_credentials(credentials, Some(id.clone()))
    }

    /// Returns the URL of STS, to check that it can be reached.
    pub fn sts_endpoint(&self) -> String {
        self.0.config.endpoint_url().map_or_else(
            || format!("https://sts.{}.{}", self.region(), self.partition().info().dns_suffix),
            str::to_owned,
        )
    }

    /// Assumes this role for 15 minutes, and returns a session with its credentials. `external_id`
    /// is what the role's trust may require.
    pub async fn assume_role(
        &self,
        role: &RoleArn,
        external_id: Option<&str>,
    ) -> Result<Self, UpstreamError> {
        self.assume_role_with(role, external_id, None).await
    }

    /// Assumes a role like [`assume_role`](Self::assume_role), with an optional session policy,
    /// which limits the permissions of the session. The name of the session has the id of the
    /// request in progress, so that `CloudTrail` leads to its log line.
    pub async fn assume_role_with(
        &self,
        role: &RoleArn,
        external_id: Option<&str>,
        session_policy: Option<&Value>,
    ) -> Result<Self, UpstreamError> {
        let call = ApiCall { service: STS, action: "sts:AssumeRole", resource: "such role" };
        let request = self.sts().assume_role().role_arn(role.as_str());
        let request = request
            .role_session_name(origin::current().session_name())
            .duration_seconds(SESSION_SECONDS);
        let request = request.set_external_id(external_id.map(str::to_owned));
        let response = request.set_policy(session_policy.map(Value::to_string)).send();
        let response = response.await.map_err(|error| {
            let kind = AwsErrorKind::from_sdk(&error);
            let failed = call.to_upstream_error(&error);
            match kind {
                Some(AwsErrorKind::AccessDenied) => {}
                // These are about the credentials that call, not about the role.
                Some(
                    AwsErrorKind::Expired
                    | AwsErrorKind::UnknownAccessKey
                    | AwsErrorKind::WrongSignature
                    | AwsErrorKind::ClockSkew,
                ) => {
                    let code = error_code(&error);
                    let reason = format!(
                        "sts:AssumeRole was answered with {code}: the credentials of this function are not accepted; send the request again, and check the clock if this lasts"
                    );
                    return UpstreamError::Rejected { service: STS, reason };
                }
                Some(_) | None => return failed,
            }
            // STS does not distinguish a missing role from one that does not trust Gangway.
            let condition = external_id.map_or("", |_| " with the configured external id");
            let reason = format!(
                "create {role}, let it trust this function's role{condition}, and allow that one sts:AssumeRole on it"
            );
            UpstreamError::AccessDenied { service: STS, reason }
        })?;
        let credentials =
            response.credentials.ok_or_else(|| call.invalid_response("no credentials"))?;
        let expires = credentials.expiration.try_into().ok();
        let credentials = Credentials::new(
            credentials.access_key_id,
            credentials.secret_access_key,
            Some(credentials.session_token),
            expires,
            "assumed-role",
        );
        Ok(self.with_credentials(credentials, None))
    }

    fn with_credentials(&self, credentials: Credentials, key_id: Option<String>) -> Self {
        let Inner { config, region, partition, .. } = &*self.0;
        let provider = SharedCredentialsProvider::new(credentials);
        let config = config.to_builder().credentials_provider(provider).build();
        Self::new(config, region.clone(), *partition, key_id)
    }

    /// Returns the store of secrets under `prefix`, encrypted with `kms_key` or else the key of
    /// Secrets Manager. `api_key` is the name or ARN of the secret with Palette's API key.
    pub fn secret_store(
        &self,
        prefix: &str,
        kms_key: Option<&str>,
        api_key: &str,
    ) -> SecretsManagerStore {
        let config = self.0.config.clone();
        SecretsManagerStore::new(config, self.0.partition, self.region(), prefix, kms_key, api_key)
    }

    /// Returns the configuration for SDK clients of other services.
    pub fn config(&self) -> &SdkConfig {
        &self.0.config
    }

    pub(crate) fn sts(&self) -> &aws_sdk_sts::Client {
        self.0.sts.get_or_init(|| aws_sdk_sts::Client::new(&self.0.config))
    }

    /// Returns the client of IAM, which is global within a partition.
    pub fn iam(&self) -> &aws_sdk_iam::Client {
        self.0.iam.get_or_init(|| {
            // Requests to IAM are signed for the home region of the partition. The SDK does not do
            // so for a custom endpoint.
            let home_region = Region::from_static(self.0.partition.info().home_region);
            let config = aws_sdk_iam::config::Builder::from(&self.0.config).region(home_region);
            aws_sdk_iam::Client::from_conf(
                config.retry_config(retry_config(IAM_MAX_ATTEMPTS)).build(),
            )
        })
    }

    /// Returns the error context of an IAM call.
    pub const fn iam_api_call(action: &'static str, resource: &'static str) -> ApiCall {
        ApiCall { service: IAM, action, resource }
    }
}

/// Returns an empty profile file, in place of those in the home directory.
#[expect(deprecated, reason = "the crate that the type has moved to is needed for nothing else")]
fn no_profiles() -> aws_config::profile::profile_file::ProfileFiles {
    use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
    ProfileFiles::builder().with_contents(ProfileFileKind::Config, "").build()
}
