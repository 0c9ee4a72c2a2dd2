//! Getting keys from the portal: by Gangway's own way, else by Palette's (X05, X06, X08, X11, X13).

use crate::catalogue::portal::{KEY_LIFETIME, KEYS, TRUSTED};
use std::time::{Duration, SystemTime};

use crate::{Clients, ScopedAccounts};
use gangway_access_portal::PortalError;
use gangway_http::{ProbeError, TlsFailure, deadline};
use gangway_model::{
    AccessPortalCredential, AccessPortalInfo, Finding, TemporaryCredentials, UpstreamError,
};
use gangway_palette::PortalKeysResult;

use crate::validation;

/// Keys, or why there are none.
pub(super) struct FetchResult {
    pub(super) keys: Option<TemporaryCredentials>,
    pub(super) findings: Vec<Finding>,
}

const CA_REMEDY: &str = "send the chain that signs the portal's certificate as certificateAuthority, root and intermediates";

/// How long a portal is let be that is asked too often: it does not say.
const PAUSE: Duration = Duration::from_secs(10);

const CLIENT_REMEDY: &str = "have the identity team see that the certificate's owner (NPE) is known to the portal and authorised for this agency, account and role";

const NAMES_REMEDY: &str = "have the portal's administrator confirm agency, account and role, and that the account is enrolled";

/// The answers where the certificates cannot be shown to a portal.
pub(super) fn not_fetched() -> FetchResult {
    let reason = "not asked, since the certificates will not do";
    let findings = [&TRUSTED, &KEYS, &KEY_LIFETIME]
        .map(|check| check.unverified(reason, "mend the checks of the certificates"))
        .into();
    FetchResult { keys: None, findings }
}

/// Asks the portal; where there is no way to it, lets Palette ask.
pub(super) async fn fetch_credentials(
    wanted: &AccessPortalCredential,
    registry: &ScopedAccounts<'_>,
    clients: &Clients,
    now: SystemTime,
) -> Result<FetchResult, UpstreamError> {
    let (label, setting) = match &clients.partition.info().portal {
        Some(AccessPortalInfo { label, setting, .. }) => (*label, *setting),
        None => ("access portal", "no setting"),
    };
    let Some(url) = &clients.portal.url else {
        let trusted = TRUSTED.unverified(
            format!("Gangway knows no address of {label}, so Palette was asked for keys"),
            format!("set {setting} to the address of the credentials, where the function has a path to it"),
        );
        return fetch_via_palette(trusted, wanted, registry, clients, now).await;
    };
    // Without an answer there is still Palette's own way.
    let asked = deadline::with_half_remaining(gangway_access_portal::fetch_credentials(
        url,
        clients.partition,
        wanted,
    ));
    let fault = match asked.await {
        Ok(keys) => {
            let trusted = TRUSTED.passed(format!("{label} at {url} is trusted by them alone"));
            return Ok(fetched(trusted, format!("{label} handed them out"), keys, now));
        }
        Err(fault) => fault,
    };
    let observed = format!("{label} at {url}: {fault}");
    if fault.is_unreachable() {
        let trusted = TRUSTED.unverified(
            format!("{observed}; so Palette was asked for keys"),
            format!("let the function reach it, or correct {setting}"),
        );
        return fetch_via_palette(trusted, wanted, registry, clients, now).await;
    }
    rejected(&fault, &observed)
}

fn rejected(fault: &PortalError, observed: &str) -> Result<FetchResult, UpstreamError> {
    let trusted = || TRUSTED.passed("its certificate is trusted");
    let remedy = match fault {
        PortalError::Unreachable(ProbeError::Tls(TlsFailure::ClientCertificateRejected))
        | PortalError::HtmlResponse { .. } => CLIENT_REMEDY,
        PortalError::Unreachable(_) | PortalError::InvalidTlsIdentity(_) => {
            let findings = vec![
                TRUSTED.failed(observed, CA_REMEDY),
                KEYS.unverified(
                    "not asked, since the portal is not trusted",
                    "mend portal.trusted",
                ),
                KEY_LIFETIME.unverified("there are no keys", "mend portal.trusted"),
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
        PortalError::Rejected { status: 401 | 403, .. } => CLIENT_REMEDY,
        PortalError::Rejected { .. } => NAMES_REMEDY,
        PortalError::Disabled { .. } => {
            "have the portal's administrator switch its interface on, or correct the address that Gangway asks"
        }
        PortalError::Redirect { .. }
        | PortalError::NoCredentials
        | PortalError::ResponseTooLarge => {
            "correct the address that Gangway asks: it must be that of the credentials themselves"
        }
    };
    let findings = vec![
        trusted(),
        KEYS.failed(observed, remedy),
        KEY_LIFETIME.unverified("there are no keys", "mend portal.keys"),
    ];
    Ok(FetchResult { keys: None, findings })
}

/// Palette's own way, as its wizard goes it (X11).
async fn fetch_via_palette(
    trusted: Finding,
    wanted: &AccessPortalCredential,
    registry: &ScopedAccounts<'_>,
    clients: &Clients,
    now: SystemTime,
) -> Result<FetchResult, UpstreamError> {
    let answer = registry.portal_keys(clients.partition, wanted).await;
    let keys = match validation::access_denied_finding(&KEYS, &answer) {
        Some(denied) => denied,
        None => match answer {
            Ok(PortalKeysResult::Keys(keys)) => {
                return Ok(fetched(
                    trusted,
                    "Palette fetched them from the portal".to_owned(),
                    keys,
                    now,
                ));
            }
            Ok(PortalKeysResult::Rejected(reason)) => {
                KEYS.failed(format!("Palette got none: {reason}"), NAMES_REMEDY)
            }
            Ok(PortalKeysResult::Empty) => {
                KEYS.failed("Palette says that it got some, and tells none", NAMES_REMEDY)
            }
            Err(UpstreamError::NotFound { .. }) => KEYS.unverified(
                "this Palette cannot fetch keys from a portal before the account is registered",
                "let the function reach the portal, and set its address",
            ),
            Err(error) => return Err(error),
        },
    };
    let lifetime = KEY_LIFETIME.unverified("there are no keys", "mend portal.keys");
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

/// Palette fetches new keys by itself; it must know when (X13).
fn lifetime(keys: &TemporaryCredentials, now: SystemTime) -> Finding {
    if keys.token.is_none() {
        return KEY_LIFETIME.failed(
            "they have no session token, so they are a user's own and do not end by themselves",
            "have the portal's administrator hand out keys of a role",
        );
    }
    let Some(expires) = keys.expires else {
        return KEY_LIFETIME.unverified(
            "the portal does not tell when they end; 60 minutes are usual",
            "see that Palette fetches new ones within 45 minutes: the account's status tells tokenExpiry",
        );
    };
    match expires.duration_since(now) {
        Ok(left) if left > Duration::ZERO => {
            KEY_LIFETIME.passed(format!("they end in {} minutes", left.as_secs() / 60))
        }
        Ok(_) | Err(_) => KEY_LIFETIME.failed(
            "they had ended when they came",
            "compare the clocks of the portal and of AWS (NTP)",
        ),
    }
}
