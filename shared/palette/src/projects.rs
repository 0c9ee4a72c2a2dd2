//! Finds the project that a request names.

use domain::{Failure, PortError, Scope, ScopeWish, Uid, UidOrName, ports::Keyring};

use crate::{
    Palette, SERVICE, Scoped,
    call::Call,
    read::{Projects, uid},
};

const PROJECTS: &str = "/v1/dashboard/projects/metadata";
const LIST: &str = "list of projects";

impl<K: Keyring + Sync> Palette<K> {
    /// The scope that a caller names. Only a project's name costs a call; a uid is judged by the calls that follow.
    ///
    /// Fails with [`Failure::Invalid`] at `/scope/project` if the tenant has no project of that name.
    pub async fn scoped(&self, wish: &ScopeWish) -> Result<Scoped<'_, K>, Failure> {
        let scope = match wish {
            ScopeWish::Tenant => Scope::Tenant,
            ScopeWish::Project(UidOrName::Uid(uid)) => Scope::Project(uid.clone()),
            ScopeWish::Project(UidOrName::Name(name)) => Scope::Project(self.project(name).await?),
        };
        Ok(Scoped { palette: self, scope })
    }

    /// Every project that the key may see.
    pub async fn projects(&self) -> Result<Vec<Uid>, PortError> {
        let answer = self.ask(&Call::get(PROJECTS), &Scope::Tenant).await;
        let answer = answer.map_err(|fault| fault.port(LIST))?;
        let Projects { items } = answer.json().map_err(|fault| fault.port(LIST))?;
        Ok(items.into_iter().filter_map(|item| uid(&item.metadata.uid)).collect())
    }

    async fn project(&self, name: &str) -> Result<Uid, Failure> {
        let call = Call::get(PROJECTS).query("name", name);
        let what = LIST;
        let answer = self.ask(&call, &Scope::Tenant).await.map_err(|fault| fault.port(what))?;
        let Projects { items } = answer.json().map_err(|fault| fault.port(what))?;
        items
            .into_iter()
            .map(|item| item.metadata)
            .find(|project| project.name == name)
            .and_then(|project| uid(&project.uid))
            .ok_or_else(|| NO_PROJECT.into())
    }
}

/// The project is not there, or the key may not see it: Palette does not tell these apart.
pub(crate) const NO_PROJECT: PortError = PortError::NoProject { service: SERVICE };
