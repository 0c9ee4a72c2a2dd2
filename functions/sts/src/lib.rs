//! Registers AWS accounts with the method `sts`: Palette assumes an IAM role in the account.

mod request;
mod trust;

use gangway_lambda::{ApiError, Method, Request, Response, Route};
use gangway_model::{AuthMethod, Operation};
use gangway_registration::AppContext;

use request::StsRequest;

/// Route that returns what a person needs to create the role for Palette.
const TRUST_ROUTE: Route<'_> = (Method::GET, "sts/trust");

/// Handles one request: parses the request, runs the checks, and registers the account. For the
/// operation `Validate`, only returns the report.
pub async fn handle(request: &Request, app: &AppContext) -> Result<Response, ApiError> {
    if request.matches_route(&TRUST_ROUTE) {
        return trust::get_trust(request, app).await;
    }
    let (operation, fields) =
        request.parse_operation(AuthMethod::Sts, &[TRUST_ROUTE], &app.config.request_limits)?;
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
