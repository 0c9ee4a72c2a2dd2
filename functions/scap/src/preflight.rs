//! Runs the checks of an account of an access portal.

use gangway_checks::{PaletteChecks, RequiredPermissions, ScopedClient, access_portal};
use gangway_model::{AuthMethod, ClientTlsIdentity, Operation, PreflightResult, RegistrationError};
use gangway_registration::AppContext;
use tokio::join;

use crate::request::ScapRequest;

/// Runs all checks of a request. Calls run at the same time if none needs the result of another.
pub(crate) async fn run_checks(
    request: ScapRequest<ClientTlsIdentity>,
    operation: &Operation,
    accounts: &ScopedClient<'_>,
    app: &AppContext,
) -> Result<PreflightResult, RegistrationError> {
    let (spec, credential) = request.into_parts();
    let (palette, checks) = join!(
        PaletteChecks::run_with_quota(accounts, &spec, operation),
        access_portal::run_checks(
            credential,
            None,
            accounts,
            &app.clients,
            RequiredPermissions::new(&spec, &app.clients)
        ),
    );
    let (mut palette, checks) = (palette?, checks?);
    app.identify_existing_account(&mut palette.state, &checks).await?;
    Ok(checks.into_preflight(AuthMethod::Scap, palette, spec, operation, accounts))
}
