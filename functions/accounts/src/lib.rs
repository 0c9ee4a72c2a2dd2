//! Lambda function that lists, shows and deletes registered accounts, and lists the IAM policies and
//! private cloud gateways that a registration can name.

mod delete;
mod gateways;
mod list;
mod policies;
mod view;

use gangway_lambda::{ApiError, Method, Request, Response, Route};
use gangway_registration::AppContext;

use list::ListQuery;

/// All routes of this function. A request with another HTTP method is answered with the allowed
/// ones.
const ROUTES: &[Route<'_>] = &[
    (Method::GET, "{scope}/accounts"),
    (Method::GET, "{scope}/accounts/{uid}"),
    (Method::DELETE, "{scope}/accounts/{uid}"),
    (Method::GET, "{scope}/accounts/{uid}/policies"),
    (Method::GET, "{scope}/private-cloud-gateways"),
    (Method::POST, "policies"),
    (Method::GET, "openapi.json"),
];

/// `OpenAPI` description of the whole API.
const OPENAPI: &str = include_str!("../../../openapi.json");

/// Handles a request.
pub async fn handle(request: &Request, context: &AppContext) -> Result<Response, ApiError> {
    let (method, scope, path) = request.route()?;
    let Some(scope) = scope else {
        return match (method, path.as_slice()) {
            (&Method::POST, ["policies"]) => policies::list_policies(request, context).await,
            (&Method::GET, ["openapi.json"]) => Ok(Response::Static(OPENAPI)),
            _ => Err(request.routing_error(ROUTES)),
        };
    };
    // Path and query are checked before Palette is called, which looks up a project by its name.
    let resolve = || context.clients.palette.resolve_scope(scope);
    match (method, path.as_slice()) {
        (&Method::GET, ["accounts"]) => {
            let query = ListQuery::parse(request)?;
            list::list_accounts(&query, &resolve().await?, context).await
        }
        (&Method::GET, ["accounts", uid]) => {
            let uid = Request::uid(uid)?;
            view::get_account(&uid, &resolve().await?, context).await
        }
        (&Method::DELETE, ["accounts", uid]) => {
            let uid = Request::uid(uid)?;
            delete::delete_account(&uid, &resolve().await?, context).await
        }
        (&Method::GET, ["accounts", uid, "policies"]) => {
            let uid = Request::uid(uid)?;
            policies::list_account_policies(&uid, &resolve().await?).await
        }
        (&Method::GET, ["private-cloud-gateways"]) => {
            gateways::list_gateways(&resolve().await?).await
        }
        _ => Err(request.routing_error(ROUTES)),
    }
}
