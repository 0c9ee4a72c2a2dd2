//! The accounts that Palette has, and what the wizard lets one choose from: policies and gateways.

mod delete;
mod gateways;
mod list;
mod policies;
mod revalidate;
mod view;

use gangway_checks::ScopedAccounts;
use gangway_lambda::{ApiError, Method, Request, Response, Route};
use gangway_registration::AppContext;

/// Every route of this function, so that a wrong verb can be told the right ones.
const ROUTES: &[Route<'_>] = &[
    (Method::GET, "accounts"),
    (Method::GET, "accounts/{uid}"),
    (Method::DELETE, "accounts/{uid}"),
    (Method::POST, "accounts/{uid}/validate"),
    (Method::POST, "policies"),
    (Method::GET, "private-cloud-gateways"),
    (Method::GET, "openapi.json"),
];

/// What this API is, for tools.
const OPENAPI: &str = include_str!("../../../openapi.json");

/// The whole function.
pub async fn handle(request: &Request, deployment: &AppContext) -> Result<Response, ApiError> {
    route(request, deployment).await.map_err(|rejection| request.map_query_errors(rejection))
}

async fn route(request: &Request, deployment: &AppContext) -> Result<Response, ApiError> {
    let (method, path) = request.route();
    match (method, path.as_slice()) {
        (&Method::GET, ["accounts"]) => list::list_accounts(request, deployment).await,
        (&Method::GET, ["accounts", uid]) => view::get_account(uid, request, deployment).await,
        (&Method::DELETE, ["accounts", uid]) => {
            delete::delete_account(uid, request, deployment).await
        }
        (&Method::POST, ["accounts", uid, "validate"]) => {
            revalidate::revalidate(uid, request, deployment).await
        }
        (&Method::POST, ["policies"]) => policies::list_policies(request, deployment).await,
        (&Method::GET, ["private-cloud-gateways"]) => {
            gateways::list_gateways(request, deployment).await
        }
        (&Method::GET, ["openapi.json"]) => Ok(Response::Static(OPENAPI)),
        _ => Err(request.routing_error(ROUTES)),
    }
}

/// The accounts of the scope that the query names: `project=<uid or name>`, else the tenant's.
async fn resolve_scope<'a>(
    request: &Request,
    deployment: &'a AppContext,
) -> Result<ScopedAccounts<'a>, ApiError> {
    let scope = request.scope()?;
    Ok(deployment.clients.palette.resolve_scope(&scope).await?)
}
