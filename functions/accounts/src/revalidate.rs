//! `POST …/accounts/{uid}/validate`

use gangway_checks::{
    ScopedClient,
    revalidation::{self, RevalidationContext},
};
use gangway_lambda::{ApiError, Request, Response};
use gangway_model::Uid;
use gangway_registration::AppContext;

use crate::view;

/// Loads the account and returns the report of its checks.
pub(crate) async fn revalidate_account(
    uid: &Uid,
    palette_accounts: &ScopedClient<'_>,
    request: &Request,
    context: &AppContext,
) -> Result<Response, ApiError> {
    let account = view::load(uid, palette_accounts).await?;
    let context = RevalidationContext {
        palette_accounts,
        clients: &context.clients,
        function_account: request.function_account_id(),
    };
    Ok(Response::Report(revalidation::revalidate(&account, context).await?))
}
