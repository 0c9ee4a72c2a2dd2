//! Parses the paths of requests and compares them with routes.

use std::collections::HashMap;

use gangway_model::{FieldError, RequestedScope, UidOrName};
use http::Method;

/// An HTTP method and a path below `/v1`, with placeholders such as `{uid}`. The placeholder
/// `{scope}` at the start of a path matches both `tenant` and `projects/{project}`.
pub type Route<'a> = (Method, &'a str);

/// Placeholder at the start of a [`Route`] whose path has a scope.
const SCOPE_PLACEHOLDER: &str = "{scope}";

/// The segments that can follow `/v1` in a path.
const FIRST_SEGMENTS: [&str; 6] =
    ["tenant", "projects", "policies", "sts", "pod-identity", "openapi.json"];

/// Error message for a request that names its scope in a field or a query parameter.
pub(crate) const SCOPE_IN_PATH: &str =
    "the scope is in the path: send the request below /v1/tenant or /v1/projects/<uid or name>";

/// The path of a request below `/v1`.
#[derive(Debug, Default)]
pub(crate) struct Path {
    /// The scope that the path begins with, if any.
    pub(crate) scope: Option<RequestedScope>,
    /// The segments after the scope. There are none if the path is not below `/v1`.
    pub(crate) segments: Vec<String>,
}

impl Path {
    /// Parses a path. The path may have a stage and a base path of any depth before `/v1`.
    ///
    /// `resource` is the route that API Gateway chose, with placeholders, and `parameters` has the
    /// values of the placeholders. The route with these values is the path without stage and base
    /// path. If a value is missing, `path` is parsed instead.
    ///
    /// # Errors
    ///
    /// The path contains percent-encoding, a backslash, or a segment `.` or `..`. IAM compares the
    /// path as the caller wrote it, so an IAM policy for one scope would allow such a path of
    /// another scope. A malformed project is an error, too.
    pub(crate) fn parse(
        path: &str,
        resource: Option<&str>,
        parameters: &HashMap<String, String>,
    ) -> Result<Self, FieldError> {
        let whole = split_path(path);
        let of_route = resource.and_then(|resource| expand(resource, parameters));
        if whole.iter().chain(of_route.iter().flatten()).any(|segment| is_ambiguous(segment)) {
            return Err(FieldError::malformed(
                "/path",
                "path must not contain percent-encoding, a backslash, or a segment . or ..: name a project with other characters than A-Z a-z 0-9 . _ - by its uid",
            ));
        }
        match segments_after_version(of_route.as_deref().unwrap_or(&whole)) {
            Some(["tenant", rest @ ..]) => Ok(Self::new(Some(RequestedScope::Tenant), rest)),
            Some(["projects", project, rest @ ..]) => {
                Ok(Self::new(Some(parse_project(project)?), rest))
            }
            Some(rest) => Ok(Self::new(None, rest)),
            None => Ok(Self::default()),
        }
    }

    fn new(scope: Option<RequestedScope>, segments: &[&str]) -> Self {
        Self { scope, segments: segments.iter().map(|&segment| segment.to_owned()).collect() }
    }

    /// Returns `true` if this path equals the path of `route`, a route without placeholders.
    pub(crate) fn is_literal(&self, route: &str) -> bool {
        self.scope.is_none() && route.split('/').eq(&self.segments)
    }

    /// Returns the HTTP methods of the routes that match this path. As in API Gateway, a route
    /// without placeholders has priority over a route with placeholders.
    pub(crate) fn methods(&self, routes: &[Route<'_>]) -> Vec<Method> {
        let is_literal = routes.iter().any(|(_, route)| self.matches(route, false));
        routes
            .iter()
            .filter(|(_, route)| self.matches(route, !is_literal))
            .map(|(method, _)| method.clone())
            .collect()
    }

    /// Returns `true` if the route matches this path. If `allows_placeholders` is `false`, only the
    /// placeholder `{scope}` matches.
    fn matches(&self, route: &str, allows_placeholders: bool) -> bool {
        let mut wanted = route.split('/').peekable();
        if self.scope.is_some() != wanted.next_if_eq(&SCOPE_PLACEHOLDER).is_some() {
            return false;
        }
        let mut segments = self.segments.iter();
        let fits = wanted.all(|wanted| {
            segments.next().is_some_and(|given| {
                given == wanted
                    || allows_placeholders && wanted.starts_with('{') && !given.is_empty()
            })
        });
        fits && segments.next().is_none()
    }
}

/// Returns the segments after `/v1`. A base path may contain a segment `v1`, too. So this function
/// searches for the first `v1` that is followed by one of the [`FIRST_SEGMENTS`], and without such
/// a `v1` uses the first `v1`.
fn segments_after_version<'a, 'b>(segments: &'a [&'b str]) -> Option<&'a [&'b str]> {
    let is_version = |&at: &usize| segments.get(at) == Some(&"v1");
    let has_root =
        |at: &usize| segments.get(at + 1).is_some_and(|next| FIRST_SEGMENTS.contains(next));
    let positions = || (0..segments.len()).filter(is_version);
    let at = positions().find(has_root).or_else(|| positions().next())?;
    segments.get(at + 1..)
}

/// Returns the segments of a route, with values for its placeholders. Returns `None` if a value is
/// missing, or if the route has no path, such as `$default`. The value of `{name+}` can have
/// several segments.
fn expand<'a>(resource: &'a str, parameters: &'a HashMap<String, String>) -> Option<Vec<&'a str>> {
    let mut segments = Vec::new();
    // The route of an HTTP API begins with the HTTP method.
    let template = resource.split_once(' ').map_or(resource, |(_, path)| path);
    if !template.starts_with('/') {
        return None;
    }
    for segment in split_path(template) {
        let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match name.map(|name| (name, name.strip_suffix('+'))) {
            None => segments.push(segment),
            Some((_, Some(name))) => segments.extend(split_path(parameters.get(name)?)),
            // A value with a slash would add a segment, and the path would no longer match the
            // route.
            Some((name, None)) => {
                segments.push(parameters.get(name).filter(|value| !value.contains('/'))?);
            }
        }
    }
    Some(segments)
}

/// Returns the segments of a path, without a slash at its start and end.
fn split_path(path: &str) -> Vec<&str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.strip_suffix('/').unwrap_or(path).split('/').collect()
}

/// Returns `true` for a segment with which the same path can be written in a second way.
fn is_ambiguous(segment: &str) -> bool {
    segment == "." || segment == ".." || segment.contains(['%', '\\'])
}

/// Parses the segment of a path that names a project.
fn parse_project(text: &str) -> Result<RequestedScope, FieldError> {
    match text.parse::<UidOrName>() {
        Ok(project) if project.is_path_segment() => Ok(RequestedScope::Project(project)),
        Ok(_) | Err(_) => Err(FieldError::malformed(
            "/project",
            "project must be a uid, or a name of 1 to 64 of the characters A-Z a-z 0-9 . _ -: name another project by its uid",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_split_into_scope_and_segments() {
        let tenant = || Some(RequestedScope::Tenant);
        let project = |name: &str| Some(RequestedScope::Project(name.parse().unwrap()));
        for (path, scope, segments) in [
            ("/v1/tenant/accounts", tenant(), vec!["accounts"]),
            ("/v1/tenant/accounts/", tenant(), vec!["accounts"]),
            (
                "/live/v1/tenant/accounts/sts/validate",
                tenant(),
                vec!["accounts", "sts", "validate"],
            ),
            ("/v1/projects/team-a/accounts", project("team-a"), vec!["accounts"]),
            ("/v1/projects/Team.A_1/accounts/", project("Team.A_1"), vec!["accounts"]),
            ("/v1/projects/tenant/accounts", project("tenant"), vec!["accounts"]),
            ("/v1/projects/5f0c1a2b3c4d5e6f70818293", project("5f0c1a2b3c4d5e6f70818293"), vec![]),
            ("/v1/tenant", tenant(), vec![]),
            ("/v1/tenant/tenant", tenant(), vec!["tenant"]),
            ("/v1/tenant//accounts", tenant(), vec!["", "accounts"]),
            ("/v1/projects", None, vec!["projects"]),
            ("/v1/Tenant/accounts", None, vec!["Tenant", "accounts"]),
            ("/v1/accounts", None, vec!["accounts"]),
            ("/v1/sts/trust", None, vec!["sts", "trust"]),
            ("v1/policies", None, vec!["policies"]),
            ("/v1", None, vec![]),
            ("/", None, vec![]),
            ("", None, vec![]),
            ("//", None, vec![]),
            ("/v2/accounts", None, vec![]),
            ("/V1/tenant/accounts", None, vec![]),
            ("/a/b/v1/tenant/accounts", tenant(), vec!["accounts"]),
            ("/api/v1/v1/tenant/accounts", tenant(), vec!["accounts"]),
            ("/team/v1/gangway/v1/projects/v1/accounts", project("v1"), vec!["accounts"]),
            ("/v1/projects/v1/tenant/accounts", project("v1"), vec!["tenant", "accounts"]),
            (
                "/v1/projects/a/accounts/v1/tenant/accounts",
                project("a"),
                vec!["accounts", "v1", "tenant", "accounts"],
            ),
            ("/prod/v1/v1/policies", None, vec!["policies"]),
        ] {
            let parsed = Path::parse(path, None, &HashMap::new()).unwrap();
            assert_eq!(
                (parsed.scope, parsed.segments),
                (scope, segments.into_iter().map(str::to_owned).collect()),
                "{path}"
            );
        }
    }

    #[test]
    fn the_route_of_api_gateway_has_priority_over_the_path() {
        const PROJECT: &str = "/v1/projects/{project}/accounts/{uid}";
        let project = |name: &str| Some(RequestedScope::Project(name.parse().unwrap()));
        let tenant = || Some(RequestedScope::Tenant);
        for (path, resource, parameters, scope, segments) in [
            (
                "/platform/gangway/v1/projects/a/accounts/u",
                PROJECT,
                vec![("project", "a"), ("uid", "u")],
                project("a"),
                vec!["accounts", "u"],
            ),
            (
                // The base path looks like a route.
                "/v1/tenant/v1/projects/a/accounts/u",
                PROJECT,
                vec![("project", "a"), ("uid", "u")],
                project("a"),
                vec!["accounts", "u"],
            ),
            (
                "/prod/v1/tenant/accounts",
                "GET /v1/tenant/accounts",
                vec![],
                tenant(),
                vec!["accounts"],
            ),
            (
                "/x/y/v1/tenant/accounts/",
                "/{proxy+}",
                vec![("proxy", "v1/tenant/accounts/")],
                tenant(),
                vec!["accounts"],
            ),
            (
                "/x/y/gangway/v1/tenant/accounts",
                "ANY /gangway/{proxy+}",
                vec![("proxy", "v1/tenant/accounts")],
                tenant(),
                vec!["accounts"],
            ),
            ("/a/b/v1/tenant/accounts", "$default", vec![], tenant(), vec!["accounts"]),
            // The value of `{uid}` is missing or has a slash, so the path is used.
            (
                "/v1/projects/a/accounts/u",
                PROJECT,
                vec![("project", "a")],
                project("a"),
                vec!["accounts", "u"],
            ),
            (
                "/v1/projects/a/accounts/u",
                PROJECT,
                vec![("project", "a"), ("uid", "u/policies")],
                project("a"),
                vec!["accounts", "u"],
            ),
        ] {
            let parameters: HashMap<_, _> = parameters
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            let parsed = Path::parse(path, Some(resource), &parameters).unwrap();
            let segments: Vec<_> = segments.into_iter().map(str::to_owned).collect();
            assert_eq!((parsed.scope, parsed.segments), (scope, segments), "{path} {resource}");
        }
        for (path, value) in
            [("/v1/projects/%61/accounts/u", "a"), ("/v1/projects/a/accounts/u", "..")]
        {
            let parameters =
                [("project", value), ("uid", "u")].map(|(name, value)| (name.into(), value.into()));
            let error = Path::parse(path, Some(PROJECT), &parameters.into()).unwrap_err();
            assert_eq!(error.pointer, "/path", "{path} {value}");
        }
    }

    #[test]
    fn an_encoded_or_relative_path_or_invalid_project_is_an_error() {
        for (path, pointer) in [
            ("/v1/tenant/accounts%2Fsts", "/path"),
            ("/v1/%74enant/accounts", "/path"),
            ("/v1/projects/team-a/%2e%2e/team-b/accounts", "/path"),
            ("/v1/projects/team-a/../team-b/accounts", "/path"),
            ("/v1/projects/../tenant/accounts", "/path"),
            ("/v1/projects/./accounts", "/path"),
            ("/v1/tenant/accounts/..", "/path"),
            ("/v1/tenant\\accounts", "/path"),
            ("/v1/tenant/accounts/%", "/path"),
            ("/v1/projects/team a/accounts", "/project"),
            ("/v1/projects//accounts", "/project"),
            ("/v1/projects/a,b/accounts", "/project"),
            ("/v1/projects/é/accounts", "/project"),
            ("/v1/projects/team*/accounts", "/project"),
            (&format!("/v1/projects/{}/accounts", "a".repeat(65)), "/project"),
        ] {
            let error = Path::parse(path, None, &HashMap::new()).unwrap_err();
            assert_eq!(error.pointer, pointer, "{path}");
        }
    }

    #[test]
    fn a_literal_route_has_priority_over_a_placeholder() {
        let routes = &[
            (Method::GET, "sts/trust"),
            (Method::POST, "{scope}/accounts/sts/validate"),
            (Method::POST, "{scope}/accounts/sts"),
            (Method::PUT, "{scope}/accounts/sts/{uid}"),
        ];
        for (path, expected) in [
            ("tenant/accounts/sts", vec![Method::POST]),
            ("projects/team-a/accounts/sts", vec![Method::POST]),
            ("tenant/accounts/sts/validate", vec![Method::POST]),
            ("tenant/accounts/sts/5f0c1a2b3c4d5e6f70818293", vec![Method::PUT]),
            ("sts/trust", vec![Method::GET]),
            ("tenant/sts/trust", vec![]),
            ("accounts/sts", vec![]),
            ("{scope}/accounts/sts", vec![]),
            ("tenant/accounts/sts/a/b", vec![]),
            ("tenant/accounts/static-credentials", vec![]),
            ("tenant/accounts", vec![]),
            ("", vec![]),
        ] {
            let parsed = Path::parse(&format!("/v1/{path}"), None, &HashMap::new()).unwrap();
            assert_eq!(parsed.methods(routes), expected, "{path}");
        }
    }
}
