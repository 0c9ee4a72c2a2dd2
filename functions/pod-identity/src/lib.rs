//! Lets Palette into an account through EKS Pod Identity: parse, check, enroll.

mod answers;
mod checks;
mod cluster;
mod eks;
mod ensure;
mod facts;
mod kubernetes;
mod notices;
mod plan;
mod preflight;
mod request;
mod seen;

use gangway_lambda::{Rejection, Reply, Request, Verb};
use gangway_model::Method;
use gangway_registration::Deployment;

use request::Wish;

/// What a person asks who is to make roles and associations.
const PLAN: (Verb, &str) = (Verb::Get, "accounts/pod-identity/plan");

/// The whole function.
pub async fn handle(request: &Request, deployment: &Deployment) -> Result<Reply, Rejection> {
    if request.is(PLAN) {
        return plan::show(request, deployment);
    }
    let (intent, members) = request.order(Method::PodIdentity, &[PLAN])?;
    let wish = Wish::read(members, deployment)?;
    let registry = deployment.clients.palette.scoped(&wish.settings.scope).await?;
    let own = request.deployed_in();
    let preflight = preflight::run(wish, &intent, &registry, deployment, own).await?;
    Ok(deployment.conclude(preflight, &intent, &registry).await?.into())
}
