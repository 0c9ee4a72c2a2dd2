//! Lists the projects of the tenant, resolves scopes, and collects the results of requests to many
//! scopes.

use futures_util::{StreamExt as _, stream};
use gangway_model::{RegistrationError, RequestedScope, Scope, Uid, UidOrName, UpstreamError};

use crate::{
    PaletteClient, ScopedClient,
    api_request::ApiRequest,
    error::NO_PROJECT,
    response::{NameAndUid, Projects, parse_uid},
};

/// Project of the tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Project {
    pub uid: Uid,
    pub name: String,
}

const PROJECTS_PATH: &str = "/v1/dashboard/projects/metadata";
/// Completes the error message "Palette has no {…}".
const LIST_RESOURCE: &str = "list of projects";

impl PaletteClient {
    /// Returns a client of the scope that a caller has requested. If the caller names a project by
    /// its name, sends a request to find the uid. Does not check whether a uid exists.
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
                Scope::Project(self.find_project(name).await?)
            }
        };
        Ok(self.in_scope(scope))
    }

    /// Returns a client of `scope`. Does not check that the scope exists.
    pub const fn in_scope(&self, scope: Scope) -> ScopedClient<'_> {
        ScopedClient { palette: self, scope }
    }

    /// Lists the projects that are visible to the API key.
    pub async fn projects(&self) -> Result<Vec<Project>, UpstreamError> {
        let projects = self.fetch_projects(ApiRequest::get(PROJECTS_PATH)).await?;
        let project =
            |listed: NameAndUid| Some(Project { uid: parse_uid(&listed.uid)?, name: listed.name });
        Ok(projects.into_iter().filter_map(project).collect())
    }

    /// Finds the uid of the project with this name.
    async fn find_project(&self, name: &str) -> Result<Uid, RegistrationError> {
        let projects =
            self.fetch_projects(ApiRequest::get(PROJECTS_PATH).with_query("name", name)).await?;
        let project = projects.iter().find(|project| project.name == name);
        project.and_then(|project| parse_uid(&project.uid)).ok_or_else(|| NO_PROJECT.into())
    }

    /// Sends a request for a list of projects.
    async fn fetch_projects(&self, request: ApiRequest) -> Result<Vec<NameAndUid>, UpstreamError> {
        let response = self.send(&request, &Scope::Tenant).await;
        let response = response.map_err(|error| error.into_upstream(LIST_RESOURCE))?;
        let Projects { items } =
            response.json().map_err(|error| error.into_upstream(LIST_RESOURCE))?;
        Ok(items.into_iter().map(|item| item.metadata).collect())
    }
}

impl ScopedClient<'_> {
    /// Reads the name of the project. Returns `None` for the tenant, and for a project that is not
    /// visible to the API key.
    pub async fn project_name(&self) -> Result<Option<String>, UpstreamError> {
        let Scope::Project(uid) = &self.scope else { return Ok(None) };
        let projects = self.palette.fetch_projects(ApiRequest::get(PROJECTS_PATH)).await?;
        let project = projects.into_iter().find(|project| project.uid == uid.as_str());
        Ok(project.map(|project| project.name))
    }
}

/// Results of the same request to many scopes, for example to all projects.
#[derive(Debug)]
pub struct ScopedResults<T> {
    /// Results in the order of the requests. Scopes that no longer exist have no result.
    pub results: Vec<T>,
    /// Number of scopes in which the API key lacks a permission.
    pub denied: usize,
}

/// Maximum number of requests that are sent at the same time.
const MAX_CONCURRENT_SCOPES: usize = 10;

/// Awaits the requests, ten at the same time. Each request is for one scope.
///
/// # Errors
///
/// The error of the first request that fails. The errors *not found* and *access denied* do not
/// count.
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
