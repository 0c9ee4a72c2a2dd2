//! `DELETE /v1/accounts/{uid}`

use gangway_lambda::{ApiError, Request, Response};
use gangway_model::UpstreamError;
use gangway_registration::{AppContext, DeleteOutcome};

use crate::{resolve_scope, view};

/// The account goes, then its secret, which can still be restored for 30 days.
pub(crate) async fn delete_account(
    uid: &str,
    request: &Request,
    deployment: &AppContext,
) -> Result<Response, ApiError> {
    let uid = Request::uid(uid)?;
    let registry = resolve_scope(request, deployment).await?;
    match deployment.delete_account(&uid, &registry).await {
        Ok(DeleteOutcome::Deleted) => Ok(Response::NoContent),
        Ok(DeleteOutcome::NotFound) => Err(view::not_found(&uid).into()),
        Err(denied @ UpstreamError::AccessDenied { .. }) => {
            Err(view::not_found_or_denied(denied, &uid, &registry).await.into())
        }
        Err(error) => Err(error.into()),
    }
}
