//! What is asked before keys are registered, in two rounds: whose they are, then what they may do.

use gangway_checks::Accounts;
use gangway_checks::{Found, enclave, static_authority, user};
use gangway_http::budget;
use gangway_model::{Credential, Failure, Intent, Method, Preflight, StaticKeys};
use gangway_registration::Deployment;
use tokio::join;

use crate::request::Wish;

/// The questions of a round are asked at the same time.
pub(crate) async fn run(
    wish: Wish<StaticKeys>,
    intent: &Intent,
    registry: &Accounts<'_>,
    deployment: &Deployment,
) -> Result<Preflight, Failure> {
    let Wish { settings, keys } = wish;
    let user = deployment.clients.aws.with_keys(&keys);
    let (caller, look, gateway, around, authority) = join!(
        user.caller(),
        registry.look(&settings.name, intent),
        registry.gateway(settings.gateway.as_ref()),
        enclave::examine(registry, &deployment.clients, settings.profile),
        static_authority::examine(&keys, &deployment.clients, budget::now()),
    );
    let (look, gateway) = (look?, gateway?);
    let credential = Credential::StaticKeys(keys);
    let examined = user::examine(caller, &user, &credential, registry, (&settings).into()).await?;
    let mut findings = around?;
    findings.extend(authority);
    findings.extend(examined.findings);

    let found = Found {
        method: Method::StaticCredentials,
        account: examined.account,
        credential: Some(credential),
        look,
        gateway,
        findings,
        notices: enclave::notices(settings.partition),
    };
    Ok(found.about(settings, intent, registry))
}
