//! Finds the route of a request as API Gateway does: a literal path segment takes precedence over a
//! parameter.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::{cloudformation::Route, lambda::DeployedFunctions};

/// The routes of all functions, each with the package name of its function.
#[derive(Debug)]
pub(super) struct Routes(Vec<(Route, String)>);

/// The route that matches a request.
#[derive(Debug)]
pub(super) struct MatchedRoute {
    /// Path of the route in the template, such as `/v1/tenant/accounts/{uid}`.
    pub(super) resource: String,
    /// Values of the path parameters, by name.
    pub(super) parameters: BTreeMap<String, String>,
    /// Package name of the function.
    pub(super) package: String,
}

impl Routes {
    /// Collects the routes of functions.
    pub(super) fn from_functions(functions: &DeployedFunctions) -> Self {
        let function_routes = |lambda: &std::sync::Arc<crate::lambda::LambdaFunction>| {
            let function = lambda.function().clone();
            function.routes.into_iter().map(move |route| (route, function.package.clone()))
        };
        Self(functions.all().flat_map(function_routes).collect())
    }

    /// Finds the route of a request. The path is selected first and the method second: if a path
    /// with a literal segment matches, a path with a parameter there is ignored, even if only the
    /// latter has a route with the method.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<MatchedRoute> {
        let has_matching_path =
            |(route, _): &&(Route, String)| match_path(&route.path, path).is_some();
        let matching_paths = self.0.iter().filter(has_matching_path).map(|(route, _)| &route.path);
        let best_path = matching_paths
            .min_by_key(|path| path.split('/').map(is_parameter).collect::<Vec<_>>())?;
        let mut candidates =
            self.0.iter().filter(|(route, _)| route.path == *best_path).collect::<Vec<_>>();
        candidates.sort_by_key(|(route, _)| Reverse(route.method == method));
        let (route, package) = candidates
            .into_iter()
            .find(|(route, _)| route.method == method || route.method == "ANY")?;
        Some(MatchedRoute {
            resource: route.path.clone(),
            parameters: match_path(&route.path, path)?,
            package: package.clone(),
        })
    }
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}

/// Returns the values of the path parameters if a path matches a pattern. An empty segment does not
/// match a parameter.
fn match_path(pattern: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    let mut path = path.split('/');
    for segment in pattern.split('/') {
        let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match (name, path.next()?) {
            (Some(name), first) if name.ends_with('+') => {
                let rest: Vec<&str> = std::iter::once(first).chain(path).collect();
                parameters.insert(name.trim_end_matches('+').to_owned(), rest.join("/"));
                return Some(parameters);
            }
            (Some(name), value) if !value.is_empty() => {
                parameters.insert(name.to_owned(), value.to_owned());
            }
            (None, literal) if literal == segment => {}
            (Some(_) | None, _) => return None,
        }
    }
    path.next().is_none().then_some(parameters)
}
