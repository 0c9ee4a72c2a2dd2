//! `DELETE /v1/accounts/{uid}`: the account goes, then its secret, which can still be restored for 30 days.

use deployment::Deployment;
use domain::{
    PortError,
    ports::{Owner, Registry as _, Vault as _},
};
use lambda::{Rejection, Reply, Request};

use crate::{scoped, view};

/// Palette first: a secret must outlive the account that it opens. A run cut off between the two is finished by the
/// next, which finds the secret by its tags.
pub(crate) async fn account(
    uid: &str,
    request: &Request,
    deployment: &Deployment,
) -> Result<Reply, Rejection> {
    let uid = Request::uid(uid)?;
    let registry = scoped(request, deployment).await?;
    let seen = match registry.get(&uid).await {
        Ok(account) => Some(account),
        Err(PortError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    if seen.is_some() {
        match registry.delete(&uid).await {
            Ok(()) | Err(PortError::Missing { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    } else if registry.lists(&uid).await? {
        // One "not found" may be a disguise; a scope that lists its accounts without this one is none.
        return Err(PortError::Unavailable {
            service: "Palette",
            source: "an account is listed and cannot be read".into(),
        }
        .into());
    }
    let owner = Owner { uid: &uid, scope: registry.scope(), seen: seen.as_ref() };
    let retired = deployment.vault.retire(owner, None).await?;
    if seen.is_some() || retired > 0 {
        Ok(Reply::NoContent)
    } else {
        Err(view::missing(&uid).into())
    }
}
