//! Lets Palette into an account through EKS Pod Identity: parse, check, enroll.

mod checks;
mod cluster;
mod eks;
mod ensure;
mod evaluate;
mod kubernetes;
mod notices;
mod observations;
mod observed;
mod plan;
mod preflight;
mod request;

use gangway_lambda::{ApiError, Method, Request, Response, Route};
use gangway_model::{AuthMethod, Operation};
use gangway_registration::AppContext;

use request::PodIdentityRequest;

/// What a person asks who is to make roles and associations.
const PLAN: Route<'_> = (Method::GET, "accounts/pod-identity/plan");

/// The whole function.
pub async fn handle(request: &Request, deployment: &AppContext) -> Result<Response, ApiError> {
    if request.matches_route(&PLAN) {
        return plan::get_plan(request, deployment);
    }
    let (intent, members) = request.parse_operation(AuthMethod::PodIdentity, &[PLAN])?;
    let wish = PodIdentityRequest::parse(members, deployment)?;
    let registry = deployment.clients.palette.resolve_scope(&wish.settings.scope).await?;
    let own = request.function_account_id();
    let preflight = preflight::run_checks(wish, &intent, &registry, deployment, own).await?;
    if intent == Operation::Validate {
        return Ok(preflight.report.into());
    }
    Ok(deployment.register(preflight, &intent, &registry).await?.into())
}
