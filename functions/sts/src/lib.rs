//! Lets Palette into an account through a role that it assumes: parse, check, enroll.

mod preflight;
mod request;
mod trust;

use gangway_lambda::{Rejection, Reply, Request, Verb};
use gangway_model::Method;
use gangway_registration::Deployment;

use request::Wish;

/// What a person asks who is to make the role.
const TRUST: (Verb, &str) = (Verb::Get, "accounts/sts/trust");

/// The whole function.
pub async fn handle(request: &Request, deployment: &Deployment) -> Result<Reply, Rejection> {
    if request.is(TRUST) {
        let facts = trust::facts(request, deployment).await;
        return facts.map_err(|rejection| request.of_query(rejection));
    }
    let (intent, members) = request.order(Method::Sts, &[TRUST])?;
    let wish = Wish::read(members, deployment.clients.partition)?;
    let registry = deployment.clients.palette.scoped(&wish.settings.scope).await?;
    let own = request.deployed_in();
    let preflight = preflight::run(wish, &intent, &registry, deployment, own).await?;
    Ok(deployment.conclude(preflight, &intent, &registry).await?.into())
}
