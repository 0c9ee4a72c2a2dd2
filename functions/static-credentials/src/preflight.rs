//! What is asked before keys are registered, in two rounds: whose they are, then what they may do.

use gangway_checks::ScopedAccounts;
use gangway_checks::{MethodFindings, access_key, ca_chain, classified};
use gangway_http::deadline;
use gangway_model::{
    AccessKey, AuthMethod, Credential, Operation, PreflightResult, RegistrationError,
};
use gangway_registration::AppContext;
use tokio::join;

use crate::request::StaticCredentialsRequest;

/// The questions of a round are asked at the same time.
pub(crate) async fn run_checks(
    wish: StaticCredentialsRequest<AccessKey>,
    intent: &Operation,
    registry: &ScopedAccounts<'_>,
    deployment: &AppContext,
) -> Result<PreflightResult, RegistrationError> {
    let StaticCredentialsRequest { settings, keys } = wish;
    let user = deployment.clients.aws.with_static_credentials(&keys);
    let (caller, look, gateway, around, authority) = join!(
        user.caller(),
        registry.fetch_state(&settings.name, intent),
        registry.gateway(settings.gateway.as_ref()),
        classified::run_checks(registry, &deployment.clients, settings.profile),
        ca_chain::run_checks(&keys, &deployment.clients, deadline::now()),
    );
    let (look, gateway) = (look?, gateway?);
    let credential = Credential::AccessKey(keys);
    let examined =
        access_key::run_checks(caller, &user, &credential, registry, (&settings).into()).await?;
    let mut findings = around?;
    findings.extend(authority);
    findings.extend(examined.findings);

    let found = MethodFindings {
        method: AuthMethod::StaticCredentials,
        account: examined.account,
        credential: Some(credential),
        palette: look,
        gateway,
        findings,
        notices: classified::notices(settings.partition),
    };
    Ok(found.into_preflight(settings, intent, registry))
}
