//! Paths and verbs.

use percent_encoding::percent_decode_str;

/// An HTTP method that some route has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HttpMethod {
    /// Look.
    Get,
    /// Make.
    Post,
    /// Replace.
    Put,
    /// Remove.
    Delete,
    /// Any that no route has.
    Other,
}

impl HttpMethod {
    pub(crate) fn of(method: &str) -> Self {
        match method {
            "GET" => Self::Get,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            _ => Self::Other,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Other => "other",
        }
    }
}

/// The decoded segments behind `/v1`; empty where the path is not one of ours. A stage or a base path may stand before.
pub(crate) fn segments(path: &str) -> Vec<String> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut raw: Vec<_> = path.split('/').collect();
    if raw.get(1) == Some(&"v1") {
        raw.remove(0);
    }
    match raw.split_first() {
        Some((&"v1", rest)) => {
            // Bytes that are no text match no route and no uid.
            rest.iter()
                .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
                .collect()
        }
        Some(_) | None => Vec::new(),
    }
}

/// The verbs that a path has. As in API Gateway, a path that is spelled out wins over one with a placeholder.
pub(crate) fn methods(routes: &[(HttpMethod, &str)], path: &[&str]) -> Vec<HttpMethod> {
    let spelled_out = routes.iter().any(|(_, route)| matches(route, path, false));
    routes
        .iter()
        .filter(|(_, route)| matches(route, path, !spelled_out))
        .map(|(verb, _)| *verb)
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
    fn paths_are_taken_apart_whatever_stands_around_them() {
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
    fn a_path_that_is_spelled_out_wins_over_a_placeholder() {
        let routes = &[
            (HttpMethod::Get, "accounts/sts/trust"),
            (HttpMethod::Post, "accounts/sts/validate"),
            (HttpMethod::Post, "accounts/sts"),
            (HttpMethod::Put, "accounts/sts/{uid}"),
        ];
        for (path, expected) in [
            (vec!["accounts", "sts"], vec![HttpMethod::Post]),
            (vec!["accounts", "sts", "validate"], vec![HttpMethod::Post]),
            (vec!["accounts", "sts", "trust"], vec![HttpMethod::Get]),
            (vec!["accounts", "sts", "5f0c1a2b3c4d5e6f70818293"], vec![HttpMethod::Put]),
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
