//! Registers AWS accounts by the access keys of an IAM user.

mod preflight;
mod request;

use gangway_lambda::{ApiError, Request, Response};
use gangway_model::{AuthMethod, Operation};
use gangway_registration::AppContext;

use request::StaticCredentialsRequest;

/// Handles one request: parses it, reads its secret, runs the checks, and registers the account.
pub async fn handle(request: &Request, app: &AppContext) -> Result<Response, ApiError> {
    let (operation, fields) =
        request.parse_operation(AuthMethod::StaticCredentials, &[], &app.config.request_limits)?;
    let parsed = StaticCredentialsRequest::parse(fields, app.clients.partition)?;
    let accounts = app.clients.palette.resolve_scope(&parsed.account.scope).await?;
    let parsed = parsed.resolve_secrets(&app.clients.secrets, accounts.scope(), &operation).await?;
    let is_to_rotate = parsed.rotation;
    let preflight = preflight::run_checks(parsed, &operation, &accounts, app).await?;
    if operation == Operation::Validate {
        return Ok(preflight.report.into());
    }
    let receipt = app.register(preflight, &operation, &accounts).await?;
    app.schedule_rotation(&receipt, is_to_rotate).await;
    Ok(receipt.into())
}
