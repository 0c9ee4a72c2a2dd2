//! Runs the checks of an account with an access key.

use gangway_checks::{
    PaletteChecks, RequiredPermissions, ScopedClient,
    access_key::{self, KeyRotation},
};
use gangway_model::{AccessKey, AuthMethod, Operation, PreflightResult, RegistrationError};
use gangway_registration::AppContext;
use tokio::join;

use crate::request::StaticCredentialsRequest;

/// Runs all checks of a request. Calls run at the same time if none needs the result of another.
pub(crate) async fn run_checks(
    request: StaticCredentialsRequest<AccessKey>,
    operation: &Operation,
    accounts: &ScopedClient<'_>,
    app: &AppContext,
) -> Result<PreflightResult, RegistrationError> {
    let StaticCredentialsRequest { account: spec, access_key: key, is_rotation_requested } =
        request;
    let is_to_rotate = is_rotation_requested && app.clients.rotation.is_some();
    let (palette, checks) = join!(
        PaletteChecks::run_with_quota(accounts, &spec, operation),
        access_key::run_checks(
            key,
            accounts,
            &app.clients,
            RequiredPermissions::new(&spec, &app.clients),
            is_to_rotate.then(KeyRotation::default),
        ),
    );
    let mut palette = palette?;
    app.ensure_name_not_reserved(&spec.name, None, &palette.state, operation)?;
    let checks = checks?;
    app.identify_existing_account(&mut palette.state, &checks).await?;
    Ok(checks.into_preflight(AuthMethod::StaticCredentials, palette, spec, operation, accounts))
}
