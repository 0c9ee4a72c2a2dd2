//! Which function a path leads to, as API Gateway finds it: resource by resource, words before parameters.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::{functions::Functions, template::Route};

/// The routes of a deployment.
#[derive(Debug)]
pub(super) struct Routes(Vec<(Route, String)>);

/// A route that a request has taken.
#[derive(Debug)]
pub(super) struct MatchedRoute {
    /// The template's path.
    pub(super) resource: String,
    /// What its parameters stand for.
    pub(super) parameters: BTreeMap<String, String>,
    /// The function's package.
    pub(super) package: String,
}

impl Routes {
    pub(super) fn of(functions: &Functions) -> Self {
        let of = |lambda: &std::sync::Arc<crate::functions::Lambda>| {
            let function = lambda.function().clone();
            function.routes.into_iter().map(move |route| (route, function.package.clone()))
        };
        Self(functions.all().flat_map(of).collect())
    }

    /// The resource is found first, its verb then: a word that is there hides a parameter, whatever the verbs.
    pub(super) fn find(&self, verb: &str, path: &str) -> Option<MatchedRoute> {
        let fitting = |(route, _): &&(Route, String)| match_path(&route.path, path).is_some();
        let best = self.0.iter().filter(fitting).map(|(route, _)| &route.path);
        let best = best.min_by_key(|path| path.split('/').map(is_parameter).collect::<Vec<_>>())?;
        let mut there = self.0.iter().filter(|(route, _)| route.path == *best).collect::<Vec<_>>();
        there.sort_by_key(|(route, _)| Reverse(route.verb == verb));
        let (route, package) =
            there.into_iter().find(|(route, _)| route.verb == verb || route.verb == "ANY")?;
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

/// What the parameters of a pattern stand for in a path of its form. Only API Gateway's empty segments never fit.
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
