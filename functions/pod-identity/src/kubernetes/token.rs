//! A token for the cluster's API: proof of who calls, which the API puts to STS itself (P10).

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::{ProvideCredentials as _, error::CredentialsError};
use aws_sigv4::{
    http_request::{
        SignableBody, SignableRequest, SignatureLocation, SigningError, SigningSettings,
        sign as sign_request,
    },
    sign::v4::{SigningParams, signing_params::BuildError},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gangway_aws::AwsSession;

use crate::cluster::Cluster;

/// What EKS's tokens start with.
const PREFIX: &str = "k8s-aws-v1.";

/// The header that binds a token to one cluster.
const CLUSTER: &str = "x-k8s-aws-id";

/// How long a token may be put to STS.
const LIFETIME: Duration = Duration::from_mins(1);

/// Why there is no token. None of it has a secret in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenError {
    #[error("there are no credentials to sign a token with")]
    NoCredentials,
    #[error("the credentials for a token cannot be had")]
    Credentials(#[source] CredentialsError),
    #[error("the token's signing is not set up")]
    Setup(#[source] BuildError),
    #[error("the token cannot be signed")]
    Signing(#[source] SigningError),
    #[error("the address of STS cannot be read")]
    Address(#[source] http::Error),
}

/// A presigned `GetCallerIdentity` of this view, for this cluster only.
pub(super) async fn sign(aws: &AwsSession, cluster: &Cluster) -> Result<String, TokenError> {
    let provider = aws.config().credentials_provider().ok_or(TokenError::NoCredentials)?;
    let credentials = provider.provide_credentials().await.map_err(TokenError::Credentials)?;
    let (name, region) = (cluster.name.to_string(), cluster.region.to_string());
    let address = format!(
        "{}/?Action=GetCallerIdentity&Version=2011-06-15",
        sts(aws, cluster).trim_end_matches('/')
    );
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(LIFETIME);
    #[expect(clippy::disallowed_methods, reason = "a signature holds the time that it was made")]
    let now = SystemTime::now();
    let identity = credentials.into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&region)
        .name("sts")
        .time(now)
        .settings(settings)
        .build()
        .map_err(TokenError::Setup)?
        .into();
    let headers = [(CLUSTER, name.as_str())];
    let signable =
        SignableRequest::new("GET", &address, headers.into_iter(), SignableBody::Bytes(&[]));
    let signed = sign_request(signable.map_err(TokenError::Signing)?, &params);
    let (instructions, _signature) = signed.map_err(TokenError::Signing)?.into_parts();
    let mut request = http::Request::get(&address).body(()).map_err(TokenError::Address)?;
    instructions.apply_to_request_http1x(&mut request);
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(request.uri().to_string())))
}

/// STS in the cluster's region: the API takes no other. One that the environment names is for the local cloud.
fn sts(aws: &AwsSession, cluster: &Cluster) -> String {
    aws.config().endpoint_url().map_or_else(
        || format!("https://sts.{}.{}", cluster.region, cluster.region.partition.info().dns_suffix),
        str::to_owned,
    )
}
