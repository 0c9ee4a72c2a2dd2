//! The accounts that Palette has, and what the wizard lets one choose from: policies and gateways.

mod gateways;
mod list;
mod policies;
mod remove;
mod revalidate;
mod view;

use gangway_checks::Accounts;
use gangway_lambda::{Rejection, Reply, Request, Verb};
use gangway_registration::Deployment;

/// Every route of this function, so that a wrong verb can be told the right ones.
const ROUTES: &[(Verb, &str)] = &[
    (Verb::Get, "accounts"),
    (Verb::Get, "accounts/{uid}"),
    (Verb::Delete, "accounts/{uid}"),
    (Verb::Post, "accounts/{uid}/validate"),
    (Verb::Post, "policies"),
    (Verb::Get, "private-cloud-gateways"),
    (Verb::Get, "openapi.json"),
];

/// What this API is, for tools.
const OPENAPI: &str = include_str!("../../../openapi.json");

/// The whole function.
pub async fn handle(request: &Request, deployment: &Deployment) -> Result<Reply, Rejection> {
    routed(request, deployment).await.map_err(|rejection| request.of_query(rejection))
}

async fn routed(request: &Request, deployment: &Deployment) -> Result<Reply, Rejection> {
    let (verb, path) = request.route();
    match (verb, path.as_slice()) {
        (Verb::Get, ["accounts"]) => list::page(request, deployment).await,
        (Verb::Get, ["accounts", uid]) => view::account(uid, request, deployment).await,
        (Verb::Delete, ["accounts", uid]) => remove::account(uid, request, deployment).await,
        (Verb::Post, ["accounts", uid, "validate"]) => {
            revalidate::account(uid, request, deployment).await
        }
        (Verb::Post, ["policies"]) => policies::to_choose_from(request, deployment).await,
        (Verb::Get, ["private-cloud-gateways"]) => gateways::all(request, deployment).await,
        (Verb::Get, ["openapi.json"]) => Ok(Reply::Static(OPENAPI)),
        _ => Err(request.unrouted(ROUTES)),
    }
}

/// The accounts of the scope that the query names: `project=<uid or name>`, else the tenant's.
async fn scoped<'a>(
    request: &Request,
    deployment: &'a Deployment,
) -> Result<Accounts<'a>, Rejection> {
    let scope = request.scope()?;
    Ok(deployment.clients.palette.scoped(&scope).await?)
}
