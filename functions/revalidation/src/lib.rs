//! Validates registered accounts again (`POST …/accounts/{uid}/validate`), and starts rotations of
//! their access keys (`POST …/accounts/{uid}/rotate`).
//!
//! Only this function and the functions `account-watch` and `key-rotation` may read stored secrets.

use gangway_checks::{
    assumed_role::ExternalIdTest,
    revalidation::{self, RevalidationContext},
};
use gangway_lambda::{ApiError, Method, Request, Response, Route};
use gangway_registration::{AppContext, load_account};
use serde_json::json;

/// The routes of this function. The response to a request with another HTTP method lists the
/// allowed method.
const ROUTES: &[Route<'_>] = &[
    (Method::POST, "{scope}/accounts/{uid}/validate"),
    (Method::POST, "{scope}/accounts/{uid}/rotate"),
];

/// Handles a request: loads the account, and then returns the report of its checks or starts a
/// rotation.
pub async fn handle(request: &Request, context: &AppContext) -> Result<Response, ApiError> {
    let (method, scope, path) = request.route()?;
    let (Some(scope), &Method::POST, ["accounts", uid, action @ ("validate" | "rotate")]) =
        (scope, method, path.as_slice())
    else {
        return Err(request.routing_error(ROUTES));
    };
    let uid = Request::uid(uid)?;
    let palette_accounts = context.clients.palette.resolve_scope(scope).await?;
    let mut account = load_account(&uid, &palette_accounts).await?;
    context.clients.secrets.complete(std::slice::from_mut(&mut account)).await?;
    if *action == "rotate" {
        let is_started = context.rotate_now(&account).await?;
        let state = if is_started { "started" } else { "in-progress" };
        return Ok(Response::Accepted(json!({ "uid": uid.as_str(), "rotation": state })));
    }
    let context = RevalidationContext {
        palette_accounts: &palette_accounts,
        clients: &context.clients,
        function_account: request.function_account_id(),
        external_id_test: ExternalIdTest::Always,
    };
    Ok(Response::Report(revalidation::revalidate(&account, context).await?))
}
