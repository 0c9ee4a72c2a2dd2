//! Runs the checks of an account with an access portal.

use gangway_checks::ScopedAccounts;
use gangway_checks::{MethodFindings, access_portal, classified};
use gangway_model::{AuthMethod, ClientTlsIdentity, Operation, PreflightResult, RegistrationError};
use gangway_registration::AppContext;
use tokio::join;

use crate::request::ScapRequest;

/// Runs the checks. Calls that do not depend on each other run at the same time.
pub(crate) async fn run_checks(
    request: ScapRequest<ClientTlsIdentity>,
    operation: &Operation,
    accounts: &ScopedAccounts<'_>,
    app: &AppContext,
) -> Result<PreflightResult, RegistrationError> {
    let (account, credential) = request.into_parts();
    let (state, gateway, classified, checked) = join!(
        gangway_checks::palette_state::check(accounts, &account.name, operation),
        gangway_checks::gateway::check(accounts, account.gateway.as_ref()),
        classified::run_checks(accounts, &app.clients, account.profile),
        access_portal::run_checks(credential, None, accounts, &app.clients, (&account).into()),
    );
    let (state, gateway, checked) = (state?, gateway?, checked?);
    let mut findings = classified?;
    findings.extend(checked.findings);

    let result = MethodFindings {
        method: AuthMethod::Scap,
        account: checked.account,
        credential: Some(checked.credential),
        palette: state,
        gateway,
        findings,
        notices: classified::notices(account.partition),
    };
    Ok(result.into_preflight(account, operation, accounts))
}
