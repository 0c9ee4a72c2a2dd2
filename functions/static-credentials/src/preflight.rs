//! Runs the checks of an access key: first its owner, then its permissions.

use gangway_checks::ScopedAccounts;
use gangway_checks::{MethodFindings, access_key, ca_chain, classified};
use gangway_http::clock;
use gangway_model::{
    AccessKey, AuthMethod, Credential, Operation, PreflightResult, RegistrationError,
};
use gangway_registration::AppContext;
use tokio::join;

use crate::request::StaticCredentialsRequest;

/// Runs the checks. Calls that do not depend on each other run at the same time.
pub(crate) async fn run_checks(
    request: StaticCredentialsRequest<AccessKey>,
    operation: &Operation,
    accounts: &ScopedAccounts<'_>,
    app: &AppContext,
) -> Result<PreflightResult, RegistrationError> {
    let StaticCredentialsRequest { account, keys } = request;
    let user = app.clients.aws.with_static_credentials(&keys);
    let (caller, state, gateway, classified, ca_findings) = join!(
        user.caller(),
        gangway_checks::palette_state::check(accounts, &account.name, operation),
        gangway_checks::gateway::check(accounts, account.gateway.as_ref()),
        classified::run_checks(accounts, &app.clients, account.profile),
        ca_chain::run_checks(&keys, &app.clients, clock::now()),
    );
    let (state, gateway) = (state?, gateway?);
    let credential = Credential::AccessKey(keys);
    let checked =
        access_key::run_checks(caller, &user, &credential, accounts, (&account).into()).await?;
    let mut findings = classified?;
    findings.extend(ca_findings);
    findings.extend(checked.findings);

    let result = MethodFindings {
        method: AuthMethod::StaticCredentials,
        account: checked.account,
        credential: Some(credential),
        palette: state,
        gateway,
        findings,
        notices: classified::notices(account.partition),
    };
    Ok(result.into_preflight(account, operation, accounts))
}
