//! Validates registered accounts again: `POST …/accounts/{uid}/validate`.
//!
//! Only this function and `account-watch` may read stored secrets.

use gangway_checks::{
    assumed_role::ExternalIdTest,
    revalidation::{self, RevalidationContext},
};
use gangway_lambda::{ApiError, Method, Request, Response, Route};
use gangway_registration::{AppContext, load_account};

/// The route of this function. A request with another HTTP method is answered with the allowed one.
const ROUTES: &[Route<'_>] = &[(Method::POST, "{scope}/accounts/{uid}/validate")];

/// Handles a request: loads the account and returns the report of its checks.
pub async fn handle(request: &Request, context: &AppContext) -> Result<Response, ApiError> {
    let (method, scope, path) = request.route()?;
    let (Some(scope), &Method::POST, ["accounts", uid, "validate"]) =
        (scope, method, path.as_slice())
    else {
        return Err(request.routing_error(ROUTES));
    };
    let uid = Request::uid(uid)?;
    let palette_accounts = context.clients.palette.resolve_scope(scope).await?;
    let mut account = load_account(&uid, &palette_accounts).await?;
    context.clients.secrets.complete(std::slice::from_mut(&mut account)).await?;
    let context = RevalidationContext {
        palette_accounts: &palette_accounts,
        clients: &context.clients,
        function_account: request.function_account_id(),
        external_id_test: ExternalIdTest::Always,
    };
    Ok(Response::Report(revalidation::revalidate(&account, context).await?))
}
