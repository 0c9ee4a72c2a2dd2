//! Matches paths and methods with routes.

use http::Method;
use percent_encoding::percent_decode_str;

/// A method and a path below `/v1`, with placeholders such as `{uid}`.
pub type Route<'a> = (Method, &'a str);

/// Returns the decoded segments of a path below `/v1`. A stage or a base path may come before `/v1`.
/// Returns no segment for any other path.
pub(crate) fn segments(path: &str) -> Vec<String> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut raw: Vec<_> = path.split('/').collect();
    if raw.get(1) == Some(&"v1") {
        raw.remove(0);
    }
    match raw.split_first() {
        Some((&"v1", rest)) => {
            // Bytes that are not UTF-8 become U+FFFD, which is in no route and no uid.
            rest.iter()
                .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
                .collect()
        }
        Some(_) | None => Vec::new(),
    }
}

/// Returns the methods of a path. As in API Gateway, a literal route wins over one with a
/// placeholder.
pub(crate) fn methods(routes: &[Route<'_>], path: &[&str]) -> Vec<Method> {
    let is_literal = routes.iter().any(|(_, route)| matches(route, path, false));
    routes
        .iter()
        .filter(|(_, route)| matches(route, path, !is_literal))
        .map(|(method, _)| method.clone())
        .collect()
}

fn matches(route: &str, path: &[&str], placeholders: bool) -> bool {
    let mut segments = path.iter();
    let fits = route.split('/').all(|wanted| {
        segments.next().is_some_and(|given| {
            *given == wanted || placeholders && wanted.starts_with('{') && !given.is_empty()
        })
    });
    fits && segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_below_v1_with_any_prefix() {
        for (path, expected) in [
            ("/v1/accounts", vec!["accounts"]),
            ("/v1/accounts/", vec!["accounts"]),
            ("/prod/v1/accounts/sts/validate", vec!["accounts", "sts", "validate"]),
            ("/v1/v1/accounts", vec!["accounts"]),
            ("/v1/accounts/a%20b%2Fc", vec!["accounts", "a b/c"]),
            ("/v1/accounts/%", vec!["accounts", "%"]),
            ("/v1/accounts/%zz", vec!["accounts", "%zz"]),
            ("/v1/accounts/%ff", vec!["accounts", "\u{fffd}"]),
            ("/v1/accounts/%00", vec!["accounts", "\0"]),
            ("/v1//accounts", vec!["", "accounts"]),
            ("/v1/accounts//", vec!["accounts", ""]),
            ("v1/accounts", vec!["accounts"]),
            ("/v1", vec![]),
            ("/v1/", vec![]),
            ("/", vec![]),
            ("", vec![]),
            ("//", vec![]),
            ("/v2/accounts", vec![]),
            ("/a/b/v1/accounts", vec![]),
            ("/V1/accounts", vec![]),
        ] {
            assert_eq!(segments(path), expected, "{path}");
        }
    }

    #[test]
    fn a_literal_route_wins_over_a_placeholder() {
        let routes = &[
            (Method::GET, "accounts/sts/trust"),
            (Method::POST, "accounts/sts/validate"),
            (Method::POST, "accounts/sts"),
            (Method::PUT, "accounts/sts/{uid}"),
        ];
        for (path, expected) in [
            (vec!["accounts", "sts"], vec![Method::POST]),
            (vec!["accounts", "sts", "validate"], vec![Method::POST]),
            (vec!["accounts", "sts", "trust"], vec![Method::GET]),
            (vec!["accounts", "sts", "5f0c1a2b3c4d5e6f70818293"], vec![Method::PUT]),
            (vec!["accounts", "sts", ""], vec![]),
            (vec!["accounts", "sts", "a", "b"], vec![]),
            (vec!["accounts", "static-credentials"], vec![]),
            (vec!["accounts"], vec![]),
            (vec![], vec![]),
        ] {
            assert_eq!(methods(routes, &path), expected, "{path:?}");
        }
    }
}
