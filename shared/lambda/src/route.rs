//! Parses paths and matches them with routes.

use gangway_model::{FieldError, RequestedScope, UidOrName};
use http::Method;

/// A method and a path below `/v1`, with placeholders such as `{uid}`. A path that begins with
/// `{scope}` stands for two: `tenant/…` and `projects/{project}/…`.
pub type Route<'a> = (Method, &'a str);

/// First segment of the [`Route`]s of a scope.
const SCOPE: &str = "{scope}";

/// Remedy for a request that names its scope elsewhere.
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
    /// Parses a path. A stage or a base path may come before `/v1`.
    ///
    /// # Errors
    ///
    /// IAM compares the path as the caller wrote it. A path that can be written in two ways would pass
    /// a policy for another scope, so percent-encoding and the segments `.` and `..` are errors.
    pub(crate) fn parse(path: &str) -> Result<Self, FieldError> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut raw: Vec<_> = path.split('/').collect();
        if raw.contains(&".") || raw.contains(&"..") || path.contains(['%', '\\']) {
            return Err(FieldError::malformed(
                "/path",
                "path must not contain percent-encoding, a backslash, or a segment . or ..: name a project with other characters than A-Z a-z 0-9 . _ - by its uid",
            ));
        }
        if raw.get(1) == Some(&"v1") {
            raw.remove(0);
        }
        let (scope, segments) = match raw.as_slice() {
            ["v1", "tenant", rest @ ..] => (Some(RequestedScope::Tenant), rest),
            ["v1", "projects", project, rest @ ..] => (Some(parse_project(project)?), rest),
            ["v1", rest @ ..] => (None, rest),
            _ => return Ok(Self::default()),
        };
        let segments = segments.iter().map(|&segment| segment.to_owned()).collect();
        Ok(Self { scope, segments })
    }

    /// Returns `true` if this is the path of `route`, which has no placeholder.
    pub(crate) fn is(&self, route: &str) -> bool {
        self.scope.is_none() && route.split('/').eq(&self.segments)
    }

    /// Returns the methods of this path. As in API Gateway, a literal route wins over one with a
    /// placeholder.
    pub(crate) fn methods(&self, routes: &[Route<'_>]) -> Vec<Method> {
        let is_literal = routes.iter().any(|(_, route)| self.matches(route, false));
        routes
            .iter()
            .filter(|(_, route)| self.matches(route, !is_literal))
            .map(|(method, _)| method.clone())
            .collect()
    }

    fn matches(&self, route: &str, placeholders: bool) -> bool {
        let mut wanted = route.split('/').peekable();
        if self.scope.is_some() != wanted.next_if_eq(&SCOPE).is_some() {
            return false;
        }
        let mut segments = self.segments.iter();
        let fits = wanted.all(|wanted| {
            segments.next().is_some_and(|given| {
                given == wanted || placeholders && wanted.starts_with('{') && !given.is_empty()
            })
        });
        fits && segments.next().is_none()
    }
}

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
    fn a_path_has_a_scope_and_segments() {
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
            ("/a/b/v1/tenant/accounts", None, vec![]),
            ("/V1/tenant/accounts", None, vec![]),
        ] {
            let parsed = Path::parse(path).unwrap();
            assert_eq!(
                (parsed.scope, parsed.segments),
                (scope, segments.into_iter().map(str::to_owned).collect()),
                "{path}"
            );
        }
    }

    #[test]
    fn a_path_that_can_be_written_in_two_ways_is_an_error() {
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
            assert_eq!(Path::parse(path).unwrap_err().pointer, pointer, "{path}");
        }
    }

    #[test]
    fn a_literal_route_wins_over_a_placeholder() {
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
            let parsed = Path::parse(&format!("/v1/{path}")).unwrap();
            assert_eq!(parsed.methods(routes), expected, "{path}");
        }
    }
}
