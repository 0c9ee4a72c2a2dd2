//! `DELETE /v1/accounts/{uid}`

use gangway_lambda::{ApiError, Request, Response};
use gangway_model::UpstreamError;
use gangway_registration::{AppContext, DeleteOutcome};

use crate::{resolve_scope, view};

/// Deletes the account, then schedules deletion of its secret, which can be restored for 30 days.
pub(crate) async fn delete_account(
    uid: &str,
    request: &Request,
    context: &AppContext,
) -> Result<Response, ApiError> {
    let uid = Request::uid(uid)?;
    let palette_accounts = resolve_scope(request, context).await?;
    match context.delete_account(&uid, &palette_accounts).await {
        Ok(DeleteOutcome::Deleted) => Ok(Response::NoContent),
        Ok(DeleteOutcome::NotFound) => Err(view::not_found(&uid).into()),
        Err(denied @ UpstreamError::AccessDenied { .. }) => {
            Err(view::not_found_or_denied(denied, &uid, &palette_accounts).await.into())
        }
        Err(error) => Err(error.into()),
    }
}
