//! A session for AWS calls: the region, the endpoints and the credentials of one identity.

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
/// Clones share everything, also the SDK clients, which are built on first use. Sessions with
/// different credentials share the HTTP client and its connections, but each builds its own SDK
/// clients.
#[derive(Clone, Debug)]
pub struct AwsSession(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: SdkConfig,
    region: String,
    partition: Partition,
    /// Access key ID of a static access key or of temporary credentials from an access portal.
    /// `None` for the function's own role and for assumed roles.
    key_id: Option<String>,
    // The clients are built on first use, because this takes most of the time of a cold start.
    sts: OnceLock<aws_sdk_sts::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
}

/// Reason why the environment does not give a session.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConfigError {
    #[error("AWS_REGION must name the region that the function runs in")]
    NoRegion,
    #[error("AWS_REGION must be a region of aws, aws-us-gov, aws-iso-b or aws-iso, not {0}")]
    Region(String),
}

/// Duration in seconds of the session of an assumed role. STS accepts no shorter duration.
const ROLE_SESSION_SECONDS: i32 = 900;

/// Maximum number of attempts that the SDK makes for one call.
const MAX_ATTEMPTS: u32 = 3;

/// Maximum number of attempts that the SDK makes for one IAM call. IAM throttles policy simulations
/// of an account at a low rate. The attempts take up to three seconds in total.
const IAM_MAX_ATTEMPTS: u32 = 6;

/// Returns the SDK settings that all sessions share. The calling code sets credentials and region,
/// so that the SDK reads neither profiles nor instance metadata.
fn config_loader(http: reqwest::Client) -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(ReqwestConnector(http))
        .profile_files(no_profiles())
        .identity_cache(IdentityCache::no_cache())
        .retry_config(retry_config(MAX_ATTEMPTS))
        // `ReqwestConnector` reads the whole response, with a timeout.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

fn retry_config(attempts: u32) -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(attempts)
        .with_initial_backoff(Duration::from_millis(100))
}

impl AwsSession {
    /// Returns a session of the function's own role. Lambda sets the region, the endpoints and the
    /// credentials in the environment.
    pub async fn from_env(http: reqwest::Client) -> Result<Self, ConfigError> {
        let config = config_loader(http)
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
        credentials: &local_cloud::aws::AwsCredentials,
    ) -> Self {
        let credentials = Credentials::new(
            &credentials.id,
            &credentials.secret,
            credentials.token.clone(),
            None,
            "test",
        );
        let loader = config_loader(http).credentials_provider(credentials).endpoint_url(url);
        let config = loader.region(Region::new(region.to_owned())).load().await;
        Self::new(config, region.to_owned(), Partition::from_region(region).unwrap(), None)
    }

    pub fn region(&self) -> &str {
        &self.0.region
    }

    pub fn partition(&self) -> Partition {
        self.0.partition
    }

    /// Returns the access key ID of a static access key or of temporary credentials from an access
    /// portal. Returns `None` for the function's own role and for assumed roles.
    pub fn key_id(&self) -> Option<&str> {
        self.0.key_id.as_deref()
    }

    /// Returns a session with this access key.
    #[must_use]
    pub fn with_static_credentials(&self, access_key: &AccessKey) -> Self {
        #[expect(clippy::disallowed_methods, reason = "requests are signed with it")]
        let secret = access_key.secret.secret().expose_secret();
        let id = access_key.id.as_str();
        let credentials = Credentials::new(id, secret, None, None, "keys-under-test");
        self.with_credentials(credentials, Some(id.to_owned()))
    }

    /// Returns a session with temporary credentials of an access portal.
    #[must_use]
    pub fn with_temporary_credentials(&self, credentials: &TemporaryCredentials) -> Self {
        let TemporaryCredentials { id, secret, token, expires } = credentials;
        #[expect(clippy::disallowed_methods, reason = "requests are signed with them")]
        let expose = |secret: &SecretString| secret.expose_secret().to_owned();
        let (secret, token) = (expose(secret), token.as_ref().map(expose));
        let credentials = Credentials::new(id, secret, token, *expires, "portal-keys");
        self.with_credentials(credentials, Some(id.clone()))
    }

    /// Returns the URL of STS in the region of the session. Checks use it to test whether STS can
    /// be reached.
    pub fn sts_endpoint(&self) -> String {
        self.0.config.endpoint_url().map_or_else(
            || format!("https://sts.{}.{}", self.region(), self.partition().info().dns_suffix),
            str::to_owned,
        )
    }

    /// Assumes a role for 15 minutes, and returns a session with the credentials of the role.
    /// `external_id` is the external id that the trust policy of the role may require.
    pub async fn assume_role(
        &self,
        role: &RoleArn,
        external_id: Option<&str>,
    ) -> Result<Self, UpstreamError> {
        self.assume_role_with(role, external_id, None).await
    }

    /// Assumes a role like [`assume_role`](Self::assume_role), with an optional session policy that
    /// limits the permissions of the session. The session name contains the id of the current
    /// request, so that an entry of `CloudTrail` can be matched with a log line.
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
            .duration_seconds(ROLE_SESSION_SECONDS);
        let request = request.set_external_id(external_id.map(str::to_owned));
        let response = request.set_policy(session_policy.map(Value::to_string)).send();
        let response = response.await.map_err(|error| {
            let kind = AwsErrorKind::from_sdk(&error);
            let failed = call.to_upstream_error(&error);
            match kind {
                Some(AwsErrorKind::AccessDenied) => {}
                // These errors are about the credentials of the function, not about the role.
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
            // STS returns the same error if the role does not exist and if the role does not trust
            // Gangway.
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

    /// Returns the secret store for secrets whose names start with `prefix`. New secrets are
    /// encrypted with `kms_key`, or with the default key of Secrets Manager if `kms_key` is `None`.
    /// `api_key` is the name or ARN of the secret with Palette's API key.
    pub fn secret_store(
        &self,
        prefix: &str,
        kms_key: Option<&str>,
        api_key: &str,
    ) -> SecretsManagerStore {
        let config = self.0.config.clone();
        SecretsManagerStore::new(config, self.0.partition, self.region(), prefix, kms_key, api_key)
    }

    /// Returns the SDK configuration, for clients of services that this session has no client for.
    pub fn config(&self) -> &SdkConfig {
        &self.0.config
    }

    pub(crate) fn sts(&self) -> &aws_sdk_sts::Client {
        self.0.sts.get_or_init(|| aws_sdk_sts::Client::new(&self.0.config))
    }

    /// Returns the IAM client. IAM has one endpoint for the whole partition.
    pub fn iam(&self) -> &aws_sdk_iam::Client {
        self.0.iam.get_or_init(|| {
            // Requests to IAM are signed for the home region of the partition. The SDK uses another
            // region if a custom endpoint is set.
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

/// Returns an empty profile file, so that the SDK does not read the profile files in the home
/// directory.
#[expect(deprecated, reason = "the crate that the type has moved to is needed for nothing else")]
fn no_profiles() -> aws_config::profile::profile_file::ProfileFiles {
    use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
    ProfileFiles::builder().with_contents(ProfileFileKind::Config, "").build()
}
