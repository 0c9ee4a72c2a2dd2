//! Lets Palette into an account of a classified partition through its access portal: parse, check, enroll.

mod preflight;
mod request;

use gangway_lambda::{ApiError, Request, Response};
use gangway_model::{AuthMethod, Operation};
use gangway_registration::AppContext;

use request::ScapRequest;

/// The whole function.
pub async fn handle(request: &Request, deployment: &AppContext) -> Result<Response, ApiError> {
    let (intent, members) = request.parse_operation(AuthMethod::Scap, &[])?;
    let wish = ScapRequest::parse(members, deployment.clients.partition)?;
    let registry = deployment.clients.palette.resolve_scope(&wish.settings.scope).await?;
    let wish = wish.resolve_secrets(&deployment.clients.secrets, registry.scope()).await?;
    let preflight = preflight::run_checks(wish, &intent, &registry, deployment).await?;
    if intent == Operation::Validate {
        return Ok(preflight.report.into());
    }
    Ok(deployment.register(preflight, &intent, &registry).await?.into())
}
