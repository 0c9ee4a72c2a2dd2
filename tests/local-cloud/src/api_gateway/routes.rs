//! Routing as in API Gateway: literal path segments take precedence over parameters.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::{cloudformation::Route, lambda::DeployedFunctions};

#[derive(Debug)]
pub(super) struct Routes(Vec<(Route, String)>);

/// The route that matches a request.
#[derive(Debug)]
pub(super) struct MatchedRoute {
    /// Path as in the template.
    pub(super) resource: String,
    /// Values of the path parameters.
    pub(super) parameters: BTreeMap<String, String>,
    /// Package name of the function.
    pub(super) package: String,
}

impl Routes {
    pub(super) fn from_functions(functions: &DeployedFunctions) -> Self {
        let routes_of = |lambda: &std::sync::Arc<crate::lambda::LambdaFunction>| {
            let function = lambda.function().clone();
            function.routes.into_iter().map(move |route| (route, function.package.clone()))
        };
        Self(functions.all().flat_map(routes_of).collect())
    }

    /// Finds the route of a request. The resource is selected first and the method second: a
    /// literal segment hides a parameter, even if only the parameter has the method.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<MatchedRoute> {
        let fitting = |(route, _): &&(Route, String)| match_path(&route.path, path).is_some();
        let best = self.0.iter().filter(fitting).map(|(route, _)| &route.path);
        let best = best.min_by_key(|path| path.split('/').map(is_parameter).collect::<Vec<_>>())?;
        let mut candidates =
            self.0.iter().filter(|(route, _)| route.path == *best).collect::<Vec<_>>();
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

/// Returns the path parameters if the path matches the pattern. An empty segment never matches a
/// parameter.
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
            (None, word) if word == segment => {}
            (Some(_) | None, _) => return None,
        }
    }
    path.next().is_none().then_some(parameters)
}
