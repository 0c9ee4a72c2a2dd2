//! Makes the bearer token for the Kubernetes API of an EKS cluster. The token is a presigned
//! `GetCallerIdentity` request. The cluster sends this request to STS to learn the identity of
//! Gangway.

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
use gangway_model::EksCluster;

use crate::AwsSession;

/// Prefix of every bearer token for EKS.
const PREFIX: &str = "k8s-aws-v1.";

/// Signed header with the name of the cluster. It makes a token valid for this cluster only.
const CLUSTER_HEADER: &str = "x-k8s-aws-id";

/// Time for which the presigned request is valid.
const LIFETIME: Duration = Duration::from_mins(1);

/// Reason why a token cannot be made. No variant contains a secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenError {
    #[error("there are no credentials to sign the token with")]
    NoCredentials,
    #[error("the credentials for the token cannot be loaded")]
    Credentials(#[source] CredentialsError),
    #[error("the signing parameters of the token are incomplete")]
    Setup(#[source] BuildError),
    #[error("the token cannot be signed")]
    Signing(#[source] SigningError),
    #[error("the URL of STS is invalid")]
    Url(#[source] http::Error),
}

/// Makes a token with the credentials of `aws`. The token is valid for one minute, for this cluster
/// only.
pub(super) async fn sign(aws: &AwsSession, cluster: &EksCluster) -> Result<String, TokenError> {
    let provider = aws.config().credentials_provider().ok_or(TokenError::NoCredentials)?;
    let credentials = provider.provide_credentials().await.map_err(TokenError::Credentials)?;
    let (name, region) = (cluster.name.to_string(), cluster.region.to_string());
    let url = format!(
        "{}/?Action=GetCallerIdentity&Version=2011-06-15",
        sts_url(aws, cluster).trim_end_matches('/')
    );
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(LIFETIME);
    #[expect(clippy::disallowed_methods, reason = "a signature contains the current time")]
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
    let headers = [(CLUSTER_HEADER, name.as_str())];
    let signable = SignableRequest::new("GET", &url, headers.into_iter(), SignableBody::Bytes(&[]));
    let signed = sign_request(signable.map_err(TokenError::Signing)?, &params);
    let (instructions, _signature) = signed.map_err(TokenError::Signing)?.into_parts();
    let mut request = http::Request::get(&url).body(()).map_err(TokenError::Url)?;
    instructions.apply_to_request_http1x(&mut request);
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(request.uri().to_string())))
}

/// Returns the URL of STS in the region of the cluster, because the cluster accepts no other
/// region. If the environment sets an endpoint, returns this endpoint.
fn sts_url(aws: &AwsSession, cluster: &EksCluster) -> String {
    aws.config().endpoint_url().map_or_else(
        || {
            format!(
                "https://sts.{}.{}",
                cluster.region,
                cluster.region.partition().info().dns_suffix
            )
        },
        str::to_owned,
    )
}
