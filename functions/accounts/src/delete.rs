//! Handles `DELETE …/accounts/{uid}`.

use gangway_checks::ScopedClient;
use gangway_lambda::{ApiError, Response};
use gangway_model::{Uid, UpstreamError};
use gangway_registration::{
    AppContext, DeleteOutcome, account_not_found_error, to_not_found_or_denied_error,
};

/// Deletes the account, and then schedules the deletion of its secret. The secret can be restored
/// for 30 days.
pub(crate) async fn delete_account(
    uid: &Uid,
    palette_accounts: &ScopedClient<'_>,
    context: &AppContext,
) -> Result<Response, ApiError> {
    match context.delete_account(uid, palette_accounts).await {
        Ok(DeleteOutcome::Deleted { account }) => Ok(Response::Deleted { account }),
        Ok(DeleteOutcome::NotFound) => Err(account_not_found_error(uid).into()),
        Err(denied @ UpstreamError::AccessDenied { .. }) => {
            Err(to_not_found_or_denied_error(denied, uid, palette_accounts).await.into())
        }
        Err(error) => Err(error.into()),
    }
}
