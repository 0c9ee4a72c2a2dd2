//! Finds the project that a request names.

use futures_util::{StreamExt as _, stream};
use gangway_model::{
    RegistrationError, RequestedScope, Scope, Uid, UidOrName, UpstreamError, stores::ApiKeyProvider,
};

use crate::{
    PaletteClient, SERVICE, ScopedClient,
    api_request::ApiRequest,
    response::{Projects, uid},
};

const PROJECTS: &str = "/v1/dashboard/projects/metadata";
const LIST: &str = "list of projects";

impl<K: ApiKeyProvider + Sync> PaletteClient<K> {
    /// The scope that a caller names. Only a project's name costs a call; a uid is judged by the calls that follow.
    ///
    /// Fails with [`Failure::Invalid`] at `/scope/project` if the tenant has no project of that name.
    pub async fn resolve_scope(
        &self,
        wish: &RequestedScope,
    ) -> Result<ScopedClient<'_, K>, RegistrationError> {
        let scope = match wish {
            RequestedScope::Tenant => Scope::Tenant,
            RequestedScope::Project(UidOrName::Uid(uid)) => Scope::Project(uid.clone()),
            RequestedScope::Project(UidOrName::Name(name)) => {
                Scope::Project(self.project(name).await?)
            }
        };
        Ok(self.in_scope(scope))
    }

    /// A scope that is known already; the calls that follow judge whether it is there.
    pub const fn in_scope(&self, scope: Scope) -> ScopedClient<'_, K> {
        ScopedClient { palette: self, scope }
    }

    /// Every project that the key may see.
    pub async fn projects(&self) -> Result<Vec<Uid>, UpstreamError> {
        let answer = self.send(&ApiRequest::get(PROJECTS), &Scope::Tenant).await;
        let answer = answer.map_err(|fault| fault.into_upstream(LIST))?;
        let Projects { items } = answer.json().map_err(|fault| fault.into_upstream(LIST))?;
        Ok(items.into_iter().filter_map(|item| uid(&item.metadata.uid)).collect())
    }

    async fn project(&self, name: &str) -> Result<Uid, RegistrationError> {
        let call = ApiRequest::get(PROJECTS).query("name", name);
        let what = LIST;
        let answer =
            self.send(&call, &Scope::Tenant).await.map_err(|fault| fault.into_upstream(what))?;
        let Projects { items } = answer.json().map_err(|fault| fault.into_upstream(what))?;
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
pub struct ScopedResults<T> {
    /// The answers, in the order of the questions, but for those of scopes that have gone meanwhile.
    pub results: Vec<T>,
    /// How many did not let the key look.
    pub denied: usize,
}

/// How many are asked at once.
const MAX_CONCURRENT_SCOPES: usize = 10;

/// Asks scopes that were listed a moment ago, ten at a time. Fails as the first of the questions does, in their order, whose
/// scope neither has gone nor is shut.
pub async fn query_scopes<T>(
    questions: impl IntoIterator<Item: Future<Output = Result<T, UpstreamError>>>,
) -> Result<ScopedResults<T>, UpstreamError> {
    let mut answers = stream::iter(questions).buffered(MAX_CONCURRENT_SCOPES);
    let mut survey = ScopedResults { results: Vec::new(), denied: 0 };
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(told) => survey.results.push(told),
            Err(UpstreamError::NotFound { .. } | UpstreamError::ProjectNotFound { .. }) => {}
            Err(UpstreamError::AccessDenied { .. }) => survey.denied += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(survey)
}

/// The project is not there, or the key may not see it: Palette does not tell these apart.
pub(crate) const NO_PROJECT: UpstreamError = UpstreamError::ProjectNotFound { service: SERVICE };
