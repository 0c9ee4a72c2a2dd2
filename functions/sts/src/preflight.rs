//! What is asked before a role is registered, in two rounds: what Palette knows, then what the account shows.

use deployment::{Accounts, Deployment};
use domain::{AccountId, Failure, Intent, Method, Preflight, Report, next_steps};
use preflight::{Eyes, role};
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
        Eyes::into(role.account(), own, deployment),
    );
    let (look, gateway, eyes) = (look?, gateway?, eyes?);
    let examined = role::examine(&role, facts, &eyes, registry, (&settings).into()).await?;

    let (partition, account) = (settings.partition, role.account());
    let mut notices = vec![next_steps::notice(partition, Method::Sts, settings.profile)];
    notices.extend(policies::escalations(policies::of(settings.profile)));
    let registration = examined.credential.map(|credential| {
        settings.register(account, registry.scope().clone(), gateway.uid, credential)
    });
    let name = look.name_finding(intent, registration.as_ref());
    let mut findings = vec![look.session, name];
    findings.extend(gateway.findings);
    findings.extend(examined.findings);
    let report =
        Report { partition, method: Method::Sts, account: Some(account), findings, notices };
    Ok(Preflight { report, registration, known: look.known })
}
