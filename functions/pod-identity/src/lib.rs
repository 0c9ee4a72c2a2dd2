//! Lambda function that registers accounts that Palette accesses through EKS Pod Identity.

mod ensure;
mod plan;
mod preflight;
mod request;

use gangway_lambda::{ApiError, Method, Request, Response, Route};
use gangway_model::{AuthMethod, Operation, RegistrationError};
use gangway_registration::AppContext;

use request::PodIdentityRequest;

/// Route of the setup plan, besides those of every registration.
const PLAN: Route<'_> = (Method::GET, "pod-identity/plan");

/// Handles a request: returns the setup plan, or parses the account, checks it and registers it.
pub async fn handle(request: &Request, context: &AppContext) -> Result<Response, ApiError> {
    if request.matches_route(&PLAN) {
        ensure_self_hosted(context)?;
        return plan::get_plan(request, context);
    }
    let (operation, fields) = request.parse_operation(
        AuthMethod::PodIdentity,
        &[PLAN],
        &context.config.request_limits,
    )?;
    let wanted = PodIdentityRequest::parse(fields, context)?;
    ensure_self_hosted(context)?;
    let palette_accounts = context.clients.palette.resolve_scope(&wanted.settings.scope).await?;
    let function_account = request.function_account_id();
    let preflight =
        preflight::run_checks(wanted, &operation, &palette_accounts, context, function_account)
            .await?;
    if operation == Operation::Validate {
        return Ok(preflight.report.into());
    }
    Ok(context.register(preflight, &operation, &palette_accounts).await?.into())
}

/// Refuses the method for a Palette whose pods run in an AWS account of its vendor.
fn ensure_self_hosted(context: &AppContext) -> Result<(), RegistrationError> {
    if !context.config.is_palette_saas() {
        return Ok(());
    }
    let reason = "method pod-identity needs a Palette or VerteX that runs on an EKS cluster of yours, and this deployment uses Palette's SaaS: use method sts, or set PaletteUrl to the URL of your own installation";
    Err(RegistrationError::unprocessable("", reason))
}
