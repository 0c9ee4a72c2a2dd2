//! Lets Palette into an account through a role that it assumes: parse, check, enroll.

mod preflight;
mod request;
mod trust;

use gangway_lambda::{ApiError, HttpMethod, Request, Response};
use gangway_model::{AuthMethod, Operation};
use gangway_registration::AppContext;

use request::StsRequest;

/// What a person asks who is to make the role.
const TRUST: (HttpMethod, &str) = (HttpMethod::Get, "accounts/sts/trust");

/// The whole function.
pub async fn handle(request: &Request, deployment: &AppContext) -> Result<Response, ApiError> {
    if request.matches_route(TRUST) {
        let facts = trust::get_trust(request, deployment).await;
        return facts.map_err(|rejection| request.map_query_errors(rejection));
    }
    let (intent, members) = request.parse_operation(AuthMethod::Sts, &[TRUST])?;
    let wish = StsRequest::parse(members, deployment.clients.partition)?;
    let registry = deployment.clients.palette.resolve_scope(&wish.settings.scope).await?;
    let own = request.function_account_id();
    let preflight = preflight::run_checks(wish, &intent, &registry, deployment, own).await?;
    if intent == Operation::Validate {
        return Ok(preflight.report.into());
    }
    Ok(deployment.register(preflight, &intent, &registry).await?.into())
}
