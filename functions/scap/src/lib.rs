//! Lets Palette into an account of a classified partition through its access portal: parse, check, enroll.

mod preflight;
mod request;

use gangway_lambda::{Rejection, Reply, Request};
use gangway_model::Method;
use gangway_registration::Deployment;

use request::Wish;

/// The whole function.
pub async fn handle(request: &Request, deployment: &Deployment) -> Result<Reply, Rejection> {
    let (intent, members) = request.order(Method::Scap, &[])?;
    let wish = Wish::read(members, deployment.clients.partition)?;
    let registry = deployment.clients.palette.scoped(&wish.settings.scope).await?;
    let wish = wish.opened(&deployment.clients.vault, registry.scope()).await?;
    let preflight = preflight::run(wish, &intent, &registry, deployment).await?;
    Ok(deployment.conclude(preflight, &intent, &registry).await?.into())
}
