//! What is asked before an account behind a portal is registered: Palette and the portal at the same time, then the account.

use gangway_checks::Accounts;
use gangway_checks::{Found, enclave, portal};
use gangway_model::{ClientIdentity, Failure, Intent, Method, Preflight};
use gangway_registration::Deployment;
use tokio::join;

use crate::request::Wish;

/// The questions of a round are asked at the same time.
pub(crate) async fn run(
    wish: Wish<ClientIdentity>,
    intent: &Intent,
    registry: &Accounts<'_>,
    deployment: &Deployment,
) -> Result<Preflight, Failure> {
    let (settings, wanted) = wish.parts();
    let (look, gateway, around, examined) = join!(
        registry.look(&settings.name, intent),
        registry.gateway(settings.gateway.as_ref()),
        enclave::examine(registry, &deployment.clients, settings.profile),
        portal::examine(wanted, None, registry, &deployment.clients, (&settings).into()),
    );
    let (look, gateway, examined) = (look?, gateway?, examined?);
    let mut findings = around?;
    findings.extend(examined.findings);

    let found = Found {
        method: Method::Scap,
        account: examined.account,
        credential: Some(examined.credential),
        look,
        gateway,
        findings,
        notices: enclave::notices(settings.partition),
    };
    Ok(found.about(settings, intent, registry))
}
