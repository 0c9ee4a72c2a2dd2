//! Lambda function that lists, shows, validates and deletes registered accounts, and lists the IAM
//! policies and private cloud gateways that a registration can name.

mod delete;
mod gateways;
mod list;
mod policies;
mod revalidate;
mod view;

use gangway_checks::ScopedClient;
use gangway_lambda::{ApiError, Method, Request, Response, Route};
use gangway_registration::AppContext;

/// All routes of this function. A request with another HTTP method is answered with the allowed
/// ones.
const ROUTES: &[Route<'_>] = &[
    (Method::GET, "accounts"),
    (Method::GET, "accounts/{uid}"),
    (Method::DELETE, "accounts/{uid}"),
    (Method::POST, "accounts/{uid}/validate"),
    (Method::POST, "policies"),
    (Method::GET, "private-cloud-gateways"),
    (Method::GET, "openapi.json"),
];

/// `OpenAPI` description of the whole API.
const OPENAPI: &str = include_str!("../../../openapi.json");

/// Handles a request. Errors name query parameters if the error is in the query.
pub async fn handle(request: &Request, context: &AppContext) -> Result<Response, ApiError> {
    route(request, context).await.map_err(|error| request.map_query_errors(error))
}

async fn route(request: &Request, context: &AppContext) -> Result<Response, ApiError> {
    let (method, path) = request.route();
    match (method, path.as_slice()) {
        (&Method::GET, ["accounts"]) => list::list_accounts(request, context).await,
        (&Method::GET, ["accounts", uid]) => view::get_account(uid, request, context).await,
        (&Method::DELETE, ["accounts", uid]) => delete::delete_account(uid, request, context).await,
        (&Method::POST, ["accounts", uid, "validate"]) => {
            revalidate::revalidate_account(uid, request, context).await
        }
        (&Method::POST, ["policies"]) => policies::list_policies(request, context).await,
        (&Method::GET, ["private-cloud-gateways"]) => {
            gateways::list_gateways(request, context).await
        }
        (&Method::GET, ["openapi.json"]) => Ok(Response::Static(OPENAPI)),
        _ => Err(request.routing_error(ROUTES)),
    }
}

/// Returns Palette's accounts of the scope in the query: of `project=<uid or name>`, else of the
/// tenant.
async fn resolve_scope<'a>(
    request: &Request,
    context: &'a AppContext,
) -> Result<ScopedClient<'a>, ApiError> {
    let scope = request.scope()?;
    Ok(context.clients.palette.resolve_scope(&scope).await?)
}
