//! Projects of the tenant, and requests to many scopes.

use futures_util::{StreamExt as _, stream};
use gangway_model::{RegistrationError, RequestedScope, Scope, Uid, UidOrName, UpstreamError};

use crate::{
    PaletteClient, ScopedClient,
    api_request::ApiRequest,
    error::NO_PROJECT,
    response::{Named, Projects, uid},
};

/// A project of the tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Project {
    pub uid: Uid,
    pub name: String,
}

const PROJECTS: &str = "/v1/dashboard/projects/metadata";
const LIST: &str = "list of projects";

impl PaletteClient {
    /// Resolves the scope that a caller names. Only the name of a project costs a request; a uid is
    /// not checked here.
    ///
    /// # Errors
    ///
    /// [`RegistrationError::Invalid`] at `/scope/project` if the tenant has no project of that
    /// name.
    pub async fn resolve_scope(
        &self,
        requested: &RequestedScope,
    ) -> Result<ScopedClient<'_>, RegistrationError> {
        let scope = match requested {
            RequestedScope::Tenant => Scope::Tenant,
            RequestedScope::Project(UidOrName::Uid(uid)) => Scope::Project(uid.clone()),
            RequestedScope::Project(UidOrName::Name(name)) => {
                Scope::Project(self.project(name).await?)
            }
        };
        Ok(self.in_scope(scope))
    }

    /// Returns a client of `scope`, without checking that it exists.
    pub const fn in_scope(&self, scope: Scope) -> ScopedClient<'_> {
        ScopedClient { palette: self, scope }
    }

    /// Lists the projects that the API key can see.
    pub async fn projects(&self) -> Result<Vec<Project>, UpstreamError> {
        let projects = self.list_projects(ApiRequest::get(PROJECTS)).await?;
        let project = |listed: Named| Some(Project { uid: uid(&listed.uid)?, name: listed.name });
        Ok(projects.into_iter().filter_map(project).collect())
    }

    async fn project(&self, name: &str) -> Result<Uid, RegistrationError> {
        let projects = self.list_projects(ApiRequest::get(PROJECTS).query("name", name)).await?;
        let project = projects.iter().find(|project| project.name == name);
        project.and_then(|project| uid(&project.uid)).ok_or_else(|| NO_PROJECT.into())
    }

    async fn list_projects(&self, request: ApiRequest) -> Result<Vec<Named>, UpstreamError> {
        let response = self.send(&request, &Scope::Tenant).await;
        let response = response.map_err(|error| error.into_upstream(LIST))?;
        let Projects { items } = response.json().map_err(|error| error.into_upstream(LIST))?;
        Ok(items.into_iter().map(|item| item.metadata).collect())
    }
}

impl ScopedClient<'_> {
    /// Returns the name of the project. `None` for the tenant, and for a project that the API key
    /// cannot see.
    pub async fn project_name(&self) -> Result<Option<String>, UpstreamError> {
        let Scope::Project(uid) = &self.scope else { return Ok(None) };
        let projects = self.palette.list_projects(ApiRequest::get(PROJECTS)).await?;
        let project = projects.into_iter().find(|project| project.uid == uid.as_str());
        Ok(project.map(|project| project.name))
    }
}

/// Results of the same request to many scopes.
#[derive(Debug)]
pub struct ScopedResults<T> {
    /// In the order of the requests, without those of scopes that have been deleted since.
    pub results: Vec<T>,
    /// Number of scopes that denied access.
    pub denied: usize,
}

const MAX_CONCURRENT_SCOPES: usize = 10;

/// Awaits `requests`, each to one scope that was listed before, ten at a time.
///
/// # Errors
///
/// The first error, in the order of the requests, other than *not found* and *access denied*.
pub async fn query_scopes<T>(
    requests: impl IntoIterator<Item: Future<Output = Result<T, UpstreamError>>>,
) -> Result<ScopedResults<T>, UpstreamError> {
    let mut responses = stream::iter(requests).buffered(MAX_CONCURRENT_SCOPES);
    let mut all = ScopedResults { results: Vec::new(), denied: 0 };
    while let Some(response) = responses.next().await {
        match response {
            Ok(result) => all.results.push(result),
            Err(UpstreamError::NotFound { .. } | UpstreamError::ProjectNotFound { .. }) => {}
            Err(UpstreamError::AccessDenied { .. }) => all.denied += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}
