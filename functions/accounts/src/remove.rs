//! `DELETE /v1/accounts/{uid}`

use gangway_lambda::{Rejection, Reply, Request};
use gangway_model::PortError;
use gangway_registration::{Deployment, Removal};

use crate::{scoped, view};

/// The account goes, then its secret, which can still be restored for 30 days.
pub(crate) async fn account(
    uid: &str,
    request: &Request,
    deployment: &Deployment,
) -> Result<Reply, Rejection> {
    let uid = Request::uid(uid)?;
    let registry = scoped(request, deployment).await?;
    match deployment.remove(&uid, &registry).await {
        Ok(Removal::Removed) => Ok(Reply::NoContent),
        Ok(Removal::Absent) => Err(view::missing(&uid).into()),
        Err(denied @ PortError::Denied { .. }) => {
            Err(view::elsewhere(denied, &uid, &registry).await.into())
        }
        Err(error) => Err(error.into()),
    }
}
