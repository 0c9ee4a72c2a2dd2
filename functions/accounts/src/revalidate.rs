//! `POST /v1/accounts/{uid}/validate`

use gangway_checks::revalidation::{self, RevalidationContext};
use gangway_lambda::{ApiError, Request, Response};
use gangway_registration::AppContext;

use crate::{resolve_scope, view};

/// Loads the account and returns the report of its checks.
pub(crate) async fn revalidate_account(
    uid: &str,
    request: &Request,
    context: &AppContext,
) -> Result<Response, ApiError> {
    let uid = Request::uid(uid)?;
    let palette_accounts = resolve_scope(request, context).await?;
    let account = view::load(&uid, &palette_accounts).await?;
    let context = RevalidationContext {
        palette_accounts: &palette_accounts,
        clients: &context.clients,
        function_account: request.function_account_id(),
    };
    Ok(Response::Report(revalidation::revalidate(&account, context).await?))
}
