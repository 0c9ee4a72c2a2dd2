//! Lambda function `accounts`: lists, shows and deletes registered accounts, and lists the IAM
//! policies and private cloud gateways that a registration can name.

mod delete;
mod gateways;
mod list;
mod policies;
mod readiness;
mod rotation;
mod show;
mod view;

use gangway_aws::state_table::{StateTable, TABLE_VARIABLE};
use gangway_lambda::{ApiError, Method, Request, Response, Route};
use gangway_registration::{AppContext, Error, env_var};

use list::ListQuery;

/// All routes of this function. The response to a request with another HTTP method lists the
/// allowed methods.
const ROUTES: &[Route<'_>] = &[
    (Method::GET, "{scope}/accounts"),
    (Method::GET, "{scope}/accounts/{uid}"),
    (Method::DELETE, "{scope}/accounts/{uid}"),
    (Method::GET, "{scope}/accounts/{uid}/policies"),
    (Method::GET, "{scope}/accounts/{uid}/history"),
    (Method::GET, "{scope}/private-cloud-gateways"),
    (Method::POST, "policies"),
    (Method::GET, "openapi.json"),
];

/// The `OpenAPI` document of Gangway's whole HTTP API.
const OPENAPI: &str = include_str!("../../../openapi.json");

/// The configuration and clients of this function. They are built once, when the function starts.
pub struct AccountsContext {
    pub context: AppContext,
    /// The state table. `None` if this deployment has no watch.
    states: Option<StateTable>,
}

impl AccountsContext {
    /// Reads the environment and builds every client.
    pub async fn from_env() -> Result<Self, Error> {
        let context = AppContext::from_env().await?;
        let table = env_var(TABLE_VARIABLE).filter(|table| !table.is_empty());
        let states = table.map(|table| StateTable::new(&context.clients.aws, table));
        Ok(Self { context, states })
    }
}

/// Handles one request: finds its route, and calls the handler of the route.
pub async fn handle(request: &Request, accounts: &AccountsContext) -> Result<Response, ApiError> {
    let AccountsContext { context, states } = accounts;
    let states = states.as_ref();
    let (method, scope, path) = request.route()?;
    let Some(scope) = scope else {
        return match (method, path.as_slice()) {
            (&Method::POST, ["policies"]) => policies::list_policies(request, context).await,
            (&Method::GET, ["openapi.json"]) => Ok(Response::Static(OPENAPI)),
            _ => Err(request.routing_error(ROUTES)),
        };
    };
    // `resolve` calls Palette to look up a project by its name. So the path and the query are
    // checked first.
    let resolve = || context.clients.palette.resolve_scope(scope);
    match (method, path.as_slice()) {
        (&Method::GET, ["accounts"]) => {
            let query = ListQuery::parse(request)?;
            list::list_accounts(&query, &resolve().await?, context, states).await
        }
        (&Method::GET, ["accounts", uid]) => {
            let uid = Request::uid(uid)?;
            show::get_account(&uid, &resolve().await?, context, states).await
        }
        (&Method::DELETE, ["accounts", uid]) => {
            let uid = Request::uid(uid)?;
            delete::delete_account(&uid, &resolve().await?, context).await
        }
        (&Method::GET, ["accounts", uid, "policies"]) => {
            let uid = Request::uid(uid)?;
            policies::list_account_policies(&uid, &resolve().await?).await
        }
        (&Method::GET, ["accounts", uid, "history"]) => {
            let uid = Request::uid(uid)?;
            readiness::get_history(&uid, &resolve().await?, states).await
        }
        (&Method::GET, ["private-cloud-gateways"]) => {
            gateways::list_gateways(&resolve().await?).await
        }
        _ => Err(request.routing_error(ROUTES)),
    }
}
