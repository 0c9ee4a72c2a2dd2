//! Runs the checks of a role: first Palette, then the AWS account.

use gangway_checks::{
    InspectionAccess, PaletteChecks, RequiredPermissions, ScopedClient, assumed_role,
};
use gangway_model::{AccountId, AuthMethod, Operation, PreflightResult, RegistrationError};
use gangway_registration::AppContext;
use tokio::join;

use crate::request::StsRequest;

/// Runs the checks. Calls that do not depend on each other run at the same time.
pub(crate) async fn run_checks(
    request: StsRequest,
    operation: &Operation,
    accounts: &ScopedClient<'_>,
    app: &AppContext,
    own_account: Option<AccountId>,
) -> Result<PreflightResult, RegistrationError> {
    let StsRequest { account, role } = request;
    let (palette, source_account, access) = join!(
        PaletteChecks::run(accounts, &account, operation),
        accounts.sts_source_account(account.partition),
        InspectionAccess::connect(role.account(), own_account, &app.clients),
    );
    let (palette, access) = (palette?, access?);
    let required = RequiredPermissions::new(&account, &app.clients);
    let checks =
        assumed_role::run_checks(&role, source_account, &access, accounts, required).await?;
    Ok(checks.into_preflight(AuthMethod::Sts, palette, account, operation, accounts))
}
