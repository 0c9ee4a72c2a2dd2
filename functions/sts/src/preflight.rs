//! What is asked before a role is registered, in two rounds: what Palette knows, then what the account shows.

use gangway_checks::Accounts;
use gangway_checks::{Eyes, Found, role};
use gangway_model::{AccountId, Failure, Intent, Method, Preflight};
use gangway_registration::Deployment;
use tokio::join;

use crate::request::Wish;

/// The questions of a round are asked at the same time.
pub(crate) async fn run(
    wish: Wish,
    intent: &Intent,
    registry: &Accounts<'_>,
    deployment: &Deployment,
    own: Option<AccountId>,
) -> Result<Preflight, Failure> {
    let Wish { settings, role } = wish;
    let (look, gateway, facts, eyes) = join!(
        registry.look(&settings.name, intent),
        registry.gateway(settings.gateway.as_ref()),
        registry.sts_trust(settings.partition),
        Eyes::into(role.account(), own, &deployment.clients),
    );
    let (look, gateway, eyes) = (look?, gateway?, eyes?);
    let examined = role::examine(&role, facts, &eyes, registry, (&settings).into()).await?;

    let found = Found {
        method: Method::Sts,
        account: Some(role.account()),
        credential: examined.credential,
        look,
        gateway,
        findings: examined.findings,
        notices: Vec::new(),
    };
    Ok(found.about(settings, intent, registry))
}
