//! One identity's view of AWS.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use aws_config::{
    BehaviorVersion, Region, SdkConfig,
    environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider},
    identity::IdentityCache,
    retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig,
};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use gangway_model::{AccessKey, Partition, RoleArn, TemporaryCredentials, UpstreamError};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::{
    error::{ApiCall, IAM, STS},
    http::ReqwestConnector,
    secrets::SecretsManagerStore,
};

/// AWS, seen with one identity's credentials. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AwsSession(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: SdkConfig,
    region: String,
    partition: Partition,
    /// The public half of the keys under test.
    key_id: Option<String>,
    // Made when first asked: making a client costs more than all else at start.
    sts: OnceLock<aws_sdk_sts::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
}

/// Why there is no view of AWS.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// The environment names no region.
    #[error("AWS_REGION must name the region that the function runs in")]
    NoRegion,
    /// The region is of no partition that Palette serves.
    #[error("AWS_REGION must be a region of aws, aws-us-gov, aws-iso-b or aws-iso, not {0}")]
    Region(String),
}

/// What AWS's logs call the sessions of the inspection role.
const SESSION: &str = "gangway-inspection";

/// The shortest that STS offers, in seconds.
const SESSION_SECONDS: i32 = 900;

/// How often a call is sent at most.
const MAX_ATTEMPTS: u32 = 3;

/// The same of IAM, which takes few simulations at once of all that an account asks: the last try comes up to three seconds
/// after the first.
const IAM_MAX_ATTEMPTS: u32 = 6;

fn retries(attempts: u32) -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(attempts)
        .with_initial_backoff(Duration::from_millis(100))
}

impl AwsSession {
    /// The function's own view: region, endpoints and credentials are those of the environment, as Lambda sets them.
    pub async fn from_env(http: reqwest::Client) -> Result<Self, ConfigError> {
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(ReqwestConnector(http))
            // Named, so that neither profiles nor the instance metadata service are ever asked.
            .credentials_provider(EnvironmentVariableCredentialsProvider::new())
            .region(EnvironmentVariableRegionProvider::new())
            .profile_files(no_profiles())
            .identity_cache(IdentityCache::no_cache())
            .retry_config(retries(MAX_ATTEMPTS))
            // Answers are read whole, under a deadline.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
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

    /// The region that calls go to.
    pub fn region(&self) -> &str {
        &self.0.region
    }

    /// The partition of that region.
    pub fn partition(&self) -> Partition {
        self.0.partition
    }

    /// The public half of the keys under test, where this is their view.
    pub fn key_id(&self) -> Option<&str> {
        self.0.key_id.as_deref()
    }

    /// The same place, seen with these keys.
    #[must_use]
    pub fn with_static_credentials(&self, keys: &AccessKey) -> Self {
        #[expect(clippy::disallowed_methods, reason = "requests are signed with it")]
        let secret = keys.secret.secret().expose_secret();
        let id = keys.id.as_str();
        let credentials = Credentials::new(id, secret, None, None, "keys-under-test");
        self.with_credentials(credentials, Some(id.to_owned()))
    }

    /// The same place, seen with keys that an access portal has handed out (X12).
    #[must_use]
    pub fn with_temporary_credentials(&self, keys: &TemporaryCredentials) -> Self {
        let TemporaryCredentials { id, secret, token, expires } = keys;
        #[expect(clippy::disallowed_methods, reason = "requests are signed with them")]
        let open = |secret: &SecretString| secret.expose_secret().to_owned();
        let (secret, token) = (open(secret), token.as_ref().map(open));
        let credentials = Credentials::new(id, secret, token, *expires, "portal-keys");
        self.with_credentials(credentials, Some(id.clone()))
    }

    /// Where this view's STS is, for those who only want to reach it.
    pub fn sts_endpoint(&self) -> String {
        self.0.config.endpoint_url().map_or_else(
            || format!("https://sts.{}.{}", self.region(), self.partition().info().dns_suffix),
            str::to_owned,
        )
    }

    /// The account of this role, seen with its permissions for 15 minutes.
    pub async fn assume_role(&self, role: &RoleArn) -> Result<Self, UpstreamError> {
        self.assume_role_with(role, SESSION, None).await
    }

    /// The same as a session of another name, with no more permissions than this policy has, if one is given.
    pub async fn assume_role_with(
        &self,
        role: &RoleArn,
        session: &'static str,
        at_most: Option<&Value>,
    ) -> Result<Self, UpstreamError> {
        let call = ApiCall { service: STS, action: "sts:AssumeRole", resource: "such role" };
        let request = self.sts().assume_role().role_arn(role.as_str());
        let request = request.role_session_name(session).duration_seconds(SESSION_SECONDS);
        let answer = request.set_policy(at_most.map(Value::to_string)).send();
        let answer = answer.await.map_err(|error| {
            let failed = call.to_upstream_error(&error);
            if !matches!(failed, UpstreamError::AccessDenied { .. }) {
                return failed;
            }
            // AWS tells the same of a role that is not there and of one that keeps Gangway out.
            let reason = format!(
                "make {role}, let it trust this function's role, and allow that one sts:AssumeRole on it"
            );
            UpstreamError::AccessDenied { service: STS, reason }
        })?;
        let credentials =
            answer.credentials.ok_or_else(|| call.invalid_response("no credentials"))?;
        let expires = credentials.expiration.try_into().ok();
        let credentials = Credentials::new(
            credentials.access_key_id,
            credentials.secret_access_key,
            Some(credentials.session_token),
            expires,
            session,
        );
        Ok(self.with_credentials(credentials, None))
    }

    fn with_credentials(&self, credentials: Credentials, key_id: Option<String>) -> Self {
        let Inner { config, region, partition, .. } = &*self.0;
        let provider = SharedCredentialsProvider::new(credentials);
        let config = config.to_builder().credentials_provider(provider).build();
        Self::new(config, region.clone(), *partition, key_id)
    }

    /// Secrets under this prefix, encrypted with this KMS key or Secrets Manager's own, and the secret that holds
    /// Palette's API key, by name or ARN.
    pub fn secret_store(
        &self,
        prefix: &str,
        kms_key: Option<&str>,
        api_key: &str,
    ) -> SecretsManagerStore {
        let config = self.0.config.clone();
        SecretsManagerStore::new(config, self.0.partition, self.region(), prefix, kms_key, api_key)
    }

    /// What clients of further services are made of: the same region, endpoints, credentials and HTTP client.
    pub fn config(&self) -> &SdkConfig {
        &self.0.config
    }

    pub(crate) fn sts(&self) -> &aws_sdk_sts::Client {
        self.0.sts.get_or_init(|| aws_sdk_sts::Client::new(&self.0.config))
    }

    /// IAM, which is one for the partition.
    pub fn iam(&self) -> &aws_sdk_iam::Client {
        self.0.iam.get_or_init(|| {
            // IAM is one for a partition and signed for its home. The SDK knows that of AWS's own endpoints only, not of
            // one that the environment names.
            let home = Region::from_static(self.0.partition.info().home_region);
            let config = aws_sdk_iam::config::Builder::from(&self.0.config).region(home);
            aws_sdk_iam::Client::from_conf(config.retry_config(retries(IAM_MAX_ATTEMPTS)).build())
        })
    }

    /// A call of IAM, for its errors.
    pub const fn iam_api_call(action: &'static str, what: &'static str) -> ApiCall {
        ApiCall { service: IAM, action, resource: what }
    }
}

/// One empty file in place of those in the home directory.
#[expect(deprecated, reason = "the crate that the type has moved to is needed for nothing else")]
fn no_profiles() -> aws_config::profile::profile_file::ProfileFiles {
    use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
    ProfileFiles::builder().with_contents(ProfileFileKind::Config, "").build()
}
