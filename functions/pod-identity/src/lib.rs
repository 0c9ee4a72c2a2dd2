//! Implements the Lambda function that registers accounts with the method `pod-identity`.

mod ensure;
mod plan;
mod preflight;
mod request;

use gangway_lambda::{ApiError, Method, Request, Response, Route};
use gangway_model::{AuthMethod, Operation, RegistrationError};
use gangway_registration::AppContext;

use request::PodIdentityRequest;

/// The route that returns the setup plan. The function also has the routes of every registration.
const PLAN_ROUTE: Route<'_> = (Method::GET, "pod-identity/plan");

/// Handles an HTTP request: returns the setup plan, or checks and registers the requested account.
pub async fn handle(request: &Request, context: &AppContext) -> Result<Response, ApiError> {
    if request.matches_route(&PLAN_ROUTE) {
        ensure_self_hosted(context)?;
        return plan::get_plan(request, context);
    }
    let (operation, fields) = request.parse_operation(
        AuthMethod::PodIdentity,
        &[PLAN_ROUTE],
        &context.config.request_limits,
    )?;
    let account_request = PodIdentityRequest::parse(fields, context)?;
    ensure_self_hosted(context)?;
    let palette_accounts =
        context.clients.palette.resolve_scope(&account_request.settings.scope).await?;
    let function_account = request.function_account_id();
    let preflight = preflight::run_checks(
        account_request,
        &operation,
        &palette_accounts,
        context,
        function_account,
    )
    .await?;
    if operation == Operation::Validate {
        return Ok(preflight.report.into());
    }
    Ok(context.register(preflight, &operation, &palette_accounts).await?.into())
}

/// Rejects the request if this deployment uses Palette's `SaaS`, because the pods of the `SaaS` run
/// in an AWS account of Palette's vendor.
fn ensure_self_hosted(context: &AppContext) -> Result<(), RegistrationError> {
    if !context.config.is_palette_saas() {
        return Ok(());
    }
    let reason = "method pod-identity needs a Palette or VerteX that runs on an EKS cluster of yours, and this deployment uses Palette's SaaS: use method sts, or set PaletteUrl to the URL of your own installation";
    Err(RegistrationError::unprocessable("", reason))
}
