//! What is asked before keys are registered, in two rounds: whose they are, then what they may do.

use deployment::{Accounts, Deployment};
use domain::{Credential, Failure, Intent, Method, Preflight, Report, StaticKeys, next_steps};
use preflight::user;
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
    let user = deployment.aws.with_keys(&keys);
    let credential = Credential::StaticKeys(keys);
    let (caller, look, gateway) = join!(
        user.caller(),
        registry.look(&settings.name, intent),
        registry.gateway(settings.gateway.as_ref()),
    );
    let (look, gateway) = (look?, gateway?);
    let examined = user::examine(caller, &user, &credential, registry, (&settings).into()).await?;

    let (partition, method, account) =
        (settings.partition, Method::StaticCredentials, examined.account);
    let mut notices = vec![next_steps::notice(partition, method, settings.profile)];
    notices.extend(policies::escalations(policies::of(settings.profile)));
    let registration = account.map(|account| {
        settings.register(account, registry.scope().clone(), gateway.uid, credential)
    });
    let name = look.name_finding(intent, registration.as_ref());
    let mut findings = vec![look.session, name];
    findings.extend(gateway.findings);
    findings.extend(examined.findings);
    let report = Report { partition, method, account, findings, notices };
    Ok(Preflight { report, registration, known: look.known })
}
