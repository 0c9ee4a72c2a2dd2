//! Parses the paths of Kubernetes API requests.

use http::Method;

/// The resources that the fake serves: API group (empty for the core group), plural name, kind, and
/// whether the objects belong to a namespace.
const RESOURCES: [(&str, &str, &str, bool); 8] = [
    ("", "pods", "Pod", true),
    ("", "configmaps", "ConfigMap", true),
    ("", "serviceaccounts", "ServiceAccount", true),
    ("", "namespaces", "Namespace", false),
    ("", "nodes", "Node", false),
    ("apps", "daemonsets", "DaemonSet", true),
    ("apps", "deployments", "Deployment", true),
    ("networking.k8s.io", "networkpolicies", "NetworkPolicy", true),
];

/// A parsed API path: a resource, or one object if `name` is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ResourcePath<'a> {
    /// API group; empty for the core group.
    pub(super) group: &'static str,
    /// Plural name of the resource, such as `pods`.
    pub(super) resource: &'static str,
    pub(super) kind: &'static str,
    /// Whether the objects of the resource belong to a namespace.
    pub(super) namespaced: bool,
    pub(super) namespace: Option<&'a str>,
    pub(super) name: Option<&'a str>,
}

impl<'a> ResourcePath<'a> {
    /// Parses an API path. Returns `None` if the fake does not serve the path.
    pub(super) fn parse(path: &'a str) -> Option<ResourcePath<'a>> {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (group, rest) = match segments.as_slice() {
            ["api", "v1", rest @ ..] => ("", rest),
            ["apis", group, "v1", rest @ ..] => (*group, rest),
            _ => return None,
        };
        let (namespace, resource, name) = match rest {
            [resource] => (None, *resource, None),
            ["namespaces", name] => (None, "namespaces", Some(*name)),
            ["namespaces", namespace, resource] => (Some(*namespace), *resource, None),
            ["namespaces", namespace, resource, name] => (Some(*namespace), *resource, Some(*name)),
            [resource, name] => (None, *resource, Some(*name)),
            _ => return None,
        };
        let found = RESOURCES.iter().find(|entry| entry.0 == group && entry.1 == resource);
        let (group, resource, kind, namespaced) = *found?;
        let is_namespace_missing = namespaced && namespace.is_none() && name.is_some();
        if is_namespace_missing || (!namespaced && namespace.is_some()) {
            return None;
        }
        Some(ResourcePath { group, resource, kind, namespaced, namespace, name })
    }

    /// Returns the `apiVersion` of the resource, such as `v1` or `apps/v1`.
    pub(super) fn version(&self) -> String {
        if self.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", self.group) }
    }

    /// Returns the RBAC verb of a request with this path and method.
    pub(super) fn verb(&self, method: &Method) -> &'static str {
        match (method.as_str(), self.name) {
            ("GET", Some(_)) => "get",
            ("GET", None) => "list",
            ("POST", None) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", _) => "delete",
            _ => "unknown",
        }
    }

    /// Returns the path of the object with this name.
    pub(super) fn object_path(&self, name: &str) -> String {
        let root = if self.group.is_empty() {
            "/api/v1".to_owned()
        } else {
            format!("/apis/{}/v1", self.group)
        };
        let resource = self.resource;
        match self.namespace {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{resource}/{name}"),
            None => format!("{root}/{resource}/{name}"),
        }
    }
}
