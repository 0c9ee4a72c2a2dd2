//! Fetches temporary credentials from an access portal. If Gangway cannot reach the access portal,
//! Palette fetches the credentials.

use crate::catalogue::portal::{
    CREDENTIALS_EXPIRE, CREDENTIALS_ISSUED, PORTAL_CERTIFICATE_TRUSTED,
};
use std::time::{Duration, SystemTime};

use crate::{Clients, ScopedClient};
use gangway_access_portal::PortalError;
use gangway_http::{ProbeError, TlsFailure, deadline};
use gangway_model::{
    AccessPortalCredential, AccessPortalInfo, Finding, TemporaryCredentials, UpstreamError,
};
use gangway_palette::PortalKeysResult;

use crate::palette_validation;

/// The temporary credentials of an access portal, and the findings about these credentials.
pub(super) struct FetchResult {
    /// `None` if the access portal issued no credentials.
    pub(super) credentials: Option<TemporaryCredentials>,
    pub(super) findings: Vec<Finding>,
}

const CA_REMEDY: &str = "send the chain that signs the portal's certificate as certificateAuthority, root and intermediates";

/// The delay before the next attempt after an access portal has throttled a request. The response
/// of an access portal does not contain a delay.
const RETRY_DELAY: Duration = Duration::from_secs(10);

const CLIENT_REMEDY: &str = "ask the identity team to check that the certificate's owner (NPE) is known to the portal and authorised for this agency, account and role";

const NAMES_REMEDY: &str = "ask the portal's administrator to confirm agency, account and role, and that the portal knows the account";

/// Returns *unverified* findings without a call to the access portal, because the certificates are
/// invalid.
pub(super) fn result_without_fetch() -> FetchResult {
    let reason = "not checked, because the certificates cannot be used";
    let findings = [&PORTAL_CERTIFICATE_TRUSTED, &CREDENTIALS_ISSUED, &CREDENTIALS_EXPIRE]
        .map(|check| check.unverified(reason, "fix the checks of the certificates first"))
        .into();
    FetchResult { credentials: None, findings }
}

/// Fetches temporary credentials from the access portal. If Gangway cannot reach the access portal,
/// Palette fetches the credentials. `credential` contains the client certificate and the role.
///
/// # Errors
///
/// Returns an error if the access portal throttles the request or responds with a 5xx status, or if
/// Palette could not be called.
pub(super) async fn fetch_credentials(
    credential: &AccessPortalCredential,
    palette: &ScopedClient<'_>,
    clients: &Clients,
    now: SystemTime,
) -> Result<FetchResult, UpstreamError> {
    let (label, url_variable) = match &clients.partition.info().portal {
        Some(AccessPortalInfo { label, url_variable, .. }) => (*label, *url_variable),
        None => ("access portal", "the URL of the portal"),
    };
    let Some(url) = &clients.portal.url else {
        let trust_finding = PORTAL_CERTIFICATE_TRUSTED.unverified(
            format!("Gangway has no address of {label}, so the keys were fetched through Palette"),
            format!("set {url_variable} to the URL of the portal's API that returns credentials, if the function has a network path to it"),
        );
        return fetch_via_palette(trust_finding, credential, palette, clients, now).await;
    };
    // If the access portal does not respond, Palette needs the other half of the remaining time.
    let pending = deadline::with_half_remaining(gangway_access_portal::fetch_credentials(
        url,
        clients.partition,
        credential,
    ));
    let error = match pending.await {
        Ok(credentials) => {
            let trust_finding = PORTAL_CERTIFICATE_TRUSTED
                .passed(format!("{label} at {url} has a certificate that this chain signs"));
            let observed = format!("{label} issued them");
            return Ok(successful_result(trust_finding, observed, credentials, now));
        }
        Err(error) => error,
    };
    let observed = format!("{label} at {url}: {error}");
    if error.is_unreachable() {
        let trust_finding = PORTAL_CERTIFICATE_TRUSTED.unverified(
            format!("{observed}; so the keys were fetched through Palette"),
            format!("give the function a network path to it, or correct {url_variable}"),
        );
        return fetch_via_palette(trust_finding, credential, palette, clients, now).await;
    }
    evaluate_portal_error(&error, &observed)
}

/// Converts an error response of the access portal into findings, or into an error if the access
/// portal is not available.
fn evaluate_portal_error(
    error: &PortalError,
    observed: &str,
) -> Result<FetchResult, UpstreamError> {
    let trust_finding = || PORTAL_CERTIFICATE_TRUSTED.passed("its certificate is trusted");
    let remedy = match error {
        PortalError::Unreachable(ProbeError::Tls(TlsFailure::ClientCertificateRejected))
        | PortalError::HtmlResponse { .. }
        | PortalError::Rejected { status: 401 | 403, .. } => CLIENT_REMEDY,
        PortalError::Unreachable(_) | PortalError::InvalidTlsIdentity(_) => {
            let findings = vec![
                PORTAL_CERTIFICATE_TRUSTED.failed(observed, CA_REMEDY),
                CREDENTIALS_ISSUED.unverified(
                    "not checked, because the portal's certificate is not trusted",
                    "fix check portal.trusted first",
                ),
                CREDENTIALS_EXPIRE
                    .unverified("there are no keys", "fix check portal.trusted first"),
            ];
            return Ok(FetchResult { credentials: None, findings });
        }
        PortalError::Rejected { status: 500.., .. } => {
            return Err(UpstreamError::Unavailable {
                service: "The access portal",
                source: observed.to_owned().into(),
            });
        }
        PortalError::Rejected { status: 429, .. } => {
            return Err(UpstreamError::Throttled {
                service: "The access portal",
                retry_after: RETRY_DELAY,
            });
        }
        PortalError::Rejected { .. } => NAMES_REMEDY,
        PortalError::Disabled { .. } => {
            "ask the portal's administrator to enable its API, or correct the URL that Gangway uses"
        }
        PortalError::Redirect { .. }
        | PortalError::NoCredentials
        | PortalError::ResponseTooLarge => {
            "correct the URL that Gangway uses: it must be that of the portal's API that returns credentials"
        }
    };
    let findings = vec![
        trust_finding(),
        CREDENTIALS_ISSUED.failed(observed, remedy),
        CREDENTIALS_EXPIRE.unverified("there are no keys", "fix check portal.keys first"),
    ];
    Ok(FetchResult { credentials: None, findings })
}

/// Asks Palette to fetch temporary credentials, with the API call of Palette's web console.
async fn fetch_via_palette(
    trust_finding: Finding,
    credential: &AccessPortalCredential,
    palette: &ScopedClient<'_>,
    clients: &Clients,
    now: SystemTime,
) -> Result<FetchResult, UpstreamError> {
    let response = palette.portal_keys(clients.partition, credential).await;
    let credentials_finding =
        match palette_validation::access_denied_finding(&CREDENTIALS_ISSUED, &response) {
            Some(denied) => denied,
            None => match response {
                Ok(PortalKeysResult::Keys(credentials)) => {
                    return Ok(successful_result(
                        trust_finding,
                        "Palette fetched them from the portal".to_owned(),
                        credentials,
                        now,
                    ));
                }
                Ok(PortalKeysResult::Rejected(reason)) => CREDENTIALS_ISSUED
                    .failed(format!("Palette received none: {reason}"), NAMES_REMEDY),
                Ok(PortalKeysResult::Empty) => CREDENTIALS_ISSUED
                    .failed("Palette reports success, but returned no keys", NAMES_REMEDY),
                Err(UpstreamError::NotFound { .. }) => CREDENTIALS_ISSUED.unverified(
                    "this Palette cannot fetch keys from a portal before the account is registered",
                    "give the function a network path to the portal, and set its address",
                ),
                Err(error) => return Err(error),
            },
        };
    let expiry_finding =
        CREDENTIALS_EXPIRE.unverified("there are no keys", "fix check portal.keys first");
    Ok(FetchResult {
        credentials: None,
        findings: vec![trust_finding, credentials_finding, expiry_finding],
    })
}

/// Returns the result for issued temporary credentials. `observed` says who fetched them.
fn successful_result(
    trust_finding: Finding,
    observed: String,
    credentials: TemporaryCredentials,
    now: SystemTime,
) -> FetchResult {
    let findings = vec![
        trust_finding,
        CREDENTIALS_ISSUED.passed(observed),
        expiry_time_finding(&credentials, now),
    ];
    FetchResult { credentials: Some(credentials), findings }
}

/// Checks that the temporary credentials expire at a known time. Palette fetches new credentials
/// before that time.
fn expiry_time_finding(credentials: &TemporaryCredentials, now: SystemTime) -> Finding {
    if credentials.token.is_none() {
        return CREDENTIALS_EXPIRE.failed(
            "they have no session token, so they belong to a user and do not expire",
            "ask the portal's administrator for keys of a role",
        );
    }
    let Some(expires) = credentials.expires else {
        return CREDENTIALS_EXPIRE.unverified(
            "the portal does not say when they expire; 60 minutes are usual",
            "check that Palette fetches new ones within 45 minutes: the account's status shows tokenExpiry",
        );
    };
    match expires.duration_since(now) {
        Ok(left) if left > Duration::ZERO => {
            CREDENTIALS_EXPIRE.passed(format!("they expire in {} minutes", left.as_secs() / 60))
        }
        Ok(_) | Err(_) => CREDENTIALS_EXPIRE.failed(
            "they had already expired when they were issued",
            "compare the clocks of the portal and of AWS (NTP)",
        ),
    }
}
