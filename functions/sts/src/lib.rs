//! Registers AWS accounts by an IAM role that Palette assumes (AWS STS).

mod request;
mod trust;

use gangway_lambda::{ApiError, Method, Request, Response, Route};
use gangway_model::{AuthMethod, Operation};
use gangway_registration::AppContext;

use request::StsRequest;

const TRUST: Route<'_> = (Method::GET, "sts/trust");

/// Handles one request: parses it, runs the checks, and registers the account.
pub async fn handle(request: &Request, app: &AppContext) -> Result<Response, ApiError> {
    if request.matches_route(&TRUST) {
        return trust::get_trust(request, app).await;
    }
    let (operation, fields) =
        request.parse_operation(AuthMethod::Sts, &[TRUST], &app.config.request_limits)?;
    let parsed = StsRequest::parse(fields, app.clients.partition)?;
    let accounts = app.clients.palette.resolve_scope(&parsed.account.scope).await?;
    let function_account = request.function_account_id();
    let checked = (parsed.account, parsed.role);
    let preflight = app.check_role(checked, &operation, &accounts, function_account).await?;
    if operation == Operation::Validate {
        return Ok(preflight.report.into());
    }
    Ok(app.register(preflight, &operation, &accounts).await?.into())
}
