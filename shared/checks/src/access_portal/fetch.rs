//! Fetches keys from an access portal: directly, or through Palette if Gangway cannot reach the portal.

use crate::catalogue::portal::{KEY_LIFETIME, KEYS, TRUSTED};
use std::time::{Duration, SystemTime};

use crate::{Clients, ScopedClient};
use gangway_access_portal::PortalError;
use gangway_http::{ProbeError, TlsFailure, deadline};
use gangway_model::{
    AccessPortalCredential, AccessPortalInfo, Finding, TemporaryCredentials, UpstreamError,
};
use gangway_palette::PortalKeysResult;

use crate::palette_validation;

/// The keys, if the portal issued any, and the findings about them.
pub(super) struct FetchResult {
    pub(super) keys: Option<TemporaryCredentials>,
    pub(super) findings: Vec<Finding>,
}

const CA_REMEDY: &str = "send the chain that signs the portal's certificate as certificateAuthority, root and intermediates";

/// Delay after a portal throttled a request. Its response does not contain one.
const PAUSE: Duration = Duration::from_secs(10);

const CLIENT_REMEDY: &str = "ask the identity team to check that the certificate's owner (NPE) is known to the portal and authorised for this agency, account and role";

const NAMES_REMEDY: &str = "ask the portal's administrator to confirm agency, account and role, and that the portal knows the account";

/// Returns the findings if the certificates are invalid, so that no portal is called.
pub(super) fn not_fetched() -> FetchResult {
    let reason = "not checked, because the certificates cannot be used";
    let findings = [&TRUSTED, &KEYS, &KEY_LIFETIME]
        .map(|check| check.unverified(reason, "fix the checks of the certificates first"))
        .into();
    FetchResult { keys: None, findings }
}

/// Fetches keys from the portal; through Palette if the portal cannot be reached from here.
///
/// # Errors
///
/// If the portal throttles, or fails with a 5xx status, or if Palette could not be called.
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
        let trusted = TRUSTED.unverified(
            format!("Gangway has no address of {label}, so the keys were fetched through Palette"),
            format!("set {url_variable} to the URL of the portal's API that returns credentials, if the function has a network path to it"),
        );
        return fetch_via_palette(trusted, credential, palette, clients, now).await;
    };
    // If the portal does not respond, there must be time left to fetch the keys through Palette.
    let pending = deadline::with_half_remaining(gangway_access_portal::fetch_credentials(
        url,
        clients.partition,
        credential,
    ));
    let error = match pending.await {
        Ok(keys) => {
            let trusted =
                TRUSTED.passed(format!("{label} at {url} has a certificate that this chain signs"));
            return Ok(fetched(trusted, format!("{label} issued them"), keys, now));
        }
        Err(error) => error,
    };
    let observed = format!("{label} at {url}: {error}");
    if error.is_unreachable() {
        let trusted = TRUSTED.unverified(
            format!("{observed}; so the keys were fetched through Palette"),
            format!("give the function a network path to it, or correct {url_variable}"),
        );
        return fetch_via_palette(trusted, credential, palette, clients, now).await;
    }
    rejected(&error, &observed)
}

fn rejected(error: &PortalError, observed: &str) -> Result<FetchResult, UpstreamError> {
    let trusted = || TRUSTED.passed("its certificate is trusted");
    let remedy = match error {
        PortalError::Unreachable(ProbeError::Tls(TlsFailure::ClientCertificateRejected))
        | PortalError::HtmlResponse { .. }
        | PortalError::Rejected { status: 401 | 403, .. } => CLIENT_REMEDY,
        PortalError::Unreachable(_) | PortalError::InvalidTlsIdentity(_) => {
            let findings = vec![
                TRUSTED.failed(observed, CA_REMEDY),
                KEYS.unverified(
                    "not checked, because the portal's certificate is not trusted",
                    "fix check portal.trusted first",
                ),
                KEY_LIFETIME.unverified("there are no keys", "fix check portal.trusted first"),
            ];
            return Ok(FetchResult { keys: None, findings });
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
                retry_after: PAUSE,
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
        trusted(),
        KEYS.failed(observed, remedy),
        KEY_LIFETIME.unverified("there are no keys", "fix check portal.keys first"),
    ];
    Ok(FetchResult { keys: None, findings })
}

/// Fetches keys through Palette, with the call that its wizard uses.
async fn fetch_via_palette(
    trusted: Finding,
    credential: &AccessPortalCredential,
    palette: &ScopedClient<'_>,
    clients: &Clients,
    now: SystemTime,
) -> Result<FetchResult, UpstreamError> {
    let response = palette.portal_keys(clients.partition, credential).await;
    let keys = match palette_validation::access_denied_finding(&KEYS, &response) {
        Some(denied) => denied,
        None => match response {
            Ok(PortalKeysResult::Keys(keys)) => {
                return Ok(fetched(
                    trusted,
                    "Palette fetched them from the portal".to_owned(),
                    keys,
                    now,
                ));
            }
            Ok(PortalKeysResult::Rejected(reason)) => {
                KEYS.failed(format!("Palette received none: {reason}"), NAMES_REMEDY)
            }
            Ok(PortalKeysResult::Empty) => {
                KEYS.failed("Palette reports success, but returned no keys", NAMES_REMEDY)
            }
            Err(UpstreamError::NotFound { .. }) => KEYS.unverified(
                "this Palette cannot fetch keys from a portal before the account is registered",
                "give the function a network path to the portal, and set its address",
            ),
            Err(error) => return Err(error),
        },
    };
    let lifetime = KEY_LIFETIME.unverified("there are no keys", "fix check portal.keys first");
    Ok(FetchResult { keys: None, findings: vec![trusted, keys, lifetime] })
}

fn fetched(
    trusted: Finding,
    observed: String,
    keys: TemporaryCredentials,
    now: SystemTime,
) -> FetchResult {
    let findings = vec![trusted, KEYS.passed(observed), lifetime(&keys, now)];
    FetchResult { keys: Some(keys), findings }
}

/// Checks that the keys expire at a known time: Palette fetches new ones before that.
fn lifetime(keys: &TemporaryCredentials, now: SystemTime) -> Finding {
    if keys.token.is_none() {
        return KEY_LIFETIME.failed(
            "they have no session token, so they belong to a user and do not expire",
            "ask the portal's administrator for keys of a role",
        );
    }
    let Some(expires) = keys.expires else {
        return KEY_LIFETIME.unverified(
            "the portal does not say when they expire; 60 minutes are usual",
            "check that Palette fetches new ones within 45 minutes: the account's status shows tokenExpiry",
        );
    };
    match expires.duration_since(now) {
        Ok(left) if left > Duration::ZERO => {
            KEY_LIFETIME.passed(format!("they expire in {} minutes", left.as_secs() / 60))
        }
        Ok(_) | Err(_) => KEY_LIFETIME.failed(
            "they had already expired when they were issued",
            "compare the clocks of the portal and of AWS (NTP)",
        ),
    }
}
