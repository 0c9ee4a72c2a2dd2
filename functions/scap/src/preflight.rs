//! What is asked before an account behind a portal is registered: Palette and the portal at the same time, then the account.

use gangway_checks::ScopedAccounts;
use gangway_checks::{MethodFindings, classified, portal};
use gangway_model::{AuthMethod, ClientTlsIdentity, Operation, PreflightResult, RegistrationError};
use gangway_registration::AppContext;
use tokio::join;

use crate::request::ScapRequest;

/// The questions of a round are asked at the same time.
pub(crate) async fn run_checks(
    wish: ScapRequest<ClientTlsIdentity>,
    intent: &Operation,
    registry: &ScopedAccounts<'_>,
    deployment: &AppContext,
) -> Result<PreflightResult, RegistrationError> {
    let (settings, wanted) = wish.into_parts();
    let (look, gateway, around, examined) = join!(
        registry.fetch_state(&settings.name, intent),
        registry.gateway(settings.gateway.as_ref()),
        classified::run_checks(registry, &deployment.clients, settings.profile),
        portal::run_checks(wanted, None, registry, &deployment.clients, (&settings).into()),
    );
    let (look, gateway, examined) = (look?, gateway?, examined?);
    let mut findings = around?;
    findings.extend(examined.findings);

    let found = MethodFindings {
        method: AuthMethod::Scap,
        account: examined.account,
        credential: Some(examined.credential),
        palette: look,
        gateway,
        findings,
        notices: classified::notices(settings.partition),
    };
    Ok(found.into_preflight(settings, intent, registry))
}
