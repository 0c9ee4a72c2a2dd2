//! Finds the project that a request names.

use futures_util::{StreamExt as _, stream};
use gangway_model::{Failure, PortError, Scope, ScopeWish, Uid, UidOrName, ports::Keyring};

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
        Ok(self.within(scope))
    }

    /// A scope that is known already; the calls that follow judge whether it is there.
    pub const fn within(&self, scope: Scope) -> Scoped<'_, K> {
        Scoped { palette: self, scope }
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

/// What scopes had to say that were listed a moment ago.
#[derive(Debug)]
pub struct Survey<T> {
    /// The answers, in the order of the questions, but for those of scopes that have gone meanwhile.
    pub told: Vec<T>,
    /// How many did not let the key look.
    pub unread: usize,
}

/// How many are asked at once.
const AT_ONCE: usize = 10;

/// Asks scopes that were listed a moment ago, ten at a time. Fails as the first of the questions does, in their order, whose
/// scope neither has gone nor is shut.
pub async fn survey<T>(
    questions: impl IntoIterator<Item: Future<Output = Result<T, PortError>>>,
) -> Result<Survey<T>, PortError> {
    let mut answers = stream::iter(questions).buffered(AT_ONCE);
    let mut survey = Survey { told: Vec::new(), unread: 0 };
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(told) => survey.told.push(told),
            Err(PortError::Missing { .. } | PortError::NoProject { .. }) => {}
            Err(PortError::Denied { .. }) => survey.unread += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(survey)
}

/// The project is not there, or the key may not see it: Palette does not tell these apart.
pub(crate) const NO_PROJECT: PortError = PortError::NoProject { service: SERVICE };
