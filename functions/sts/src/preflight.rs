//! Runs the checks of a role: first Palette, then the AWS account.

use gangway_checks::ScopedAccounts;
use gangway_checks::{InspectionAccess, MethodFindings, assumed_role};
use gangway_model::{AccountId, AuthMethod, Operation, PreflightResult, RegistrationError};
use gangway_registration::AppContext;
use tokio::join;

use crate::request::StsRequest;

/// Runs the checks. Calls that do not depend on each other run at the same time.
pub(crate) async fn run_checks(
    request: StsRequest,
    operation: &Operation,
    accounts: &ScopedAccounts<'_>,
    app: &AppContext,
    own_account: Option<AccountId>,
) -> Result<PreflightResult, RegistrationError> {
    let StsRequest { account, role } = request;
    let (state, gateway, source_account, access) = join!(
        gangway_checks::palette_state::check(accounts, &account.name, operation),
        gangway_checks::gateway::check(accounts, account.gateway.as_ref()),
        accounts.sts_source_account(account.partition),
        InspectionAccess::connect(role.account(), own_account, &app.clients),
    );
    let (state, gateway, access) = (state?, gateway?, access?);
    let checked =
        assumed_role::run_checks(&role, source_account, &access, accounts, (&account).into())
            .await?;

    let result = MethodFindings {
        method: AuthMethod::Sts,
        account: Some(role.account()),
        credential: checked.credential,
        palette: state,
        gateway,
        findings: checked.findings,
        notices: Vec::new(),
    };
    Ok(result.into_preflight(account, operation, accounts))
}
