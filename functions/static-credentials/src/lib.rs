//! Registers AWS accounts with the method `static-credentials`: an access key of an IAM user.

mod preflight;
mod request;

use gangway_lambda::{ApiError, Request, Response};
use gangway_model::{AuthMethod, Operation};
use gangway_registration::AppContext;

use request::StaticCredentialsRequest;

/// Handles one request: parses the request, reads the secret that the request names, runs the
/// checks, and registers the account. For the operation `Validate`, only returns the report.
pub async fn handle(request: &Request, app: &AppContext) -> Result<Response, ApiError> {
    let (operation, fields) =
        request.parse_operation(AuthMethod::StaticCredentials, &[], &app.config.request_limits)?;
    let parsed = StaticCredentialsRequest::parse(fields, app.clients.partition)?;
    let accounts = app.clients.palette.resolve_scope(&parsed.account.scope).await?;
    let parsed = parsed.resolve_secrets(&app.clients.secrets, accounts.scope(), &operation).await?;
    let is_rotation_requested = parsed.is_rotation_requested;
    let preflight = preflight::run_checks(parsed, &operation, &accounts, app).await?;
    if operation == Operation::Validate {
        return Ok(preflight.report.into());
    }
    let receipt = app.register(preflight, &operation, &accounts).await?;
    app.schedule_rotation(&receipt, is_rotation_requested).await;
    Ok(receipt.into())
}
