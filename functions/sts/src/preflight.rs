//! Runs the checks of a role: first Palette, then the AWS account.

use gangway_checks::{
    InspectionAccess, PaletteChecks, RequiredPermissions, ScopedClient,
    assumed_role::{self, ExternalIdTest},
    own_account,
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
    function_account: Option<AccountId>,
) -> Result<PreflightResult, RegistrationError> {
    let StsRequest { account, role } = request;
    let named = [("/roleArn", &role)];
    let (allowed, palette, source_account, access) = join!(
        own_account::ensure_roles_allowed(named, function_account, &app.clients, accounts),
        PaletteChecks::run(accounts, &account, operation),
        accounts.sts_source_account(account.partition),
        InspectionAccess::connect(role.account(), function_account, &app.clients),
    );
    allowed?;
    let (palette, access) = (palette?, access?);
    let role_account = Some(role.account());
    app.ensure_name_not_reserved(&account.name, role_account, &palette.state, operation)?;
    let required = RequiredPermissions::new(&account, &app.clients);
    let checks = assumed_role::run_checks(
        &role,
        source_account,
        &access,
        accounts,
        required,
        ExternalIdTest::Always,
    )
    .await?;
    Ok(checks.into_preflight(AuthMethod::Sts, palette, account, operation, accounts))
}
