//! Registers AWS accounts of the classified partitions with the method `scap`: the access portal
//! (SCAP or CAP) gives Palette temporary credentials.

mod preflight;
mod request;

use gangway_lambda::{ApiError, Request, Response};
use gangway_model::{AuthMethod, Operation};
use gangway_registration::AppContext;

use request::ScapRequest;

/// Handles one request: parses the request, reads the secret that the request names, runs the
/// checks, and registers the account. For the operation `Validate`, only returns the report.
pub async fn handle(request: &Request, app: &AppContext) -> Result<Response, ApiError> {
    let (operation, fields) =
        request.parse_operation(AuthMethod::Scap, &[], &app.config.request_limits)?;
    let parsed = ScapRequest::parse(fields, app.clients.partition)?;
    let accounts = app.clients.palette.resolve_scope(&parsed.account.scope).await?;
    let parsed = parsed.resolve_secrets(&app.clients.secrets, accounts.scope(), &operation).await?;
    let preflight = preflight::run_checks(parsed, &operation, &accounts, app).await?;
    if operation == Operation::Validate {
        return Ok(preflight.report.into());
    }
    Ok(app.register(preflight, &operation, &accounts).await?.into())
}
