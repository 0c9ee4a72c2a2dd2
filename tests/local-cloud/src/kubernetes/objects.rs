//! Gets, lists and creates the objects of a cluster.

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::path::ResourcePath;
use super::selector;
use super::status::StatusError;
use super::token::Identity;
use crate::aws::Cluster;
use crate::aws::eks;
use crate::server::Request;

/// Serves a request for objects. Returns status and body.
pub(super) fn serve(
    cluster: &Cluster,
    identity: &Identity,
    request: &Request,
    path: &str,
) -> Result<(u16, Value), StatusError> {
    let resource_path = ResourcePath::parse(path);
    let verb =
        resource_path.as_ref().map_or("get", |resource_path| resource_path.verb(request.method()));
    let Some(resource_path) = resource_path else {
        return Err(match identity {
            Identity::Anonymous => StatusError::forbidden(identity, verb, path, None, ""),
            Identity::Principal { .. } => StatusError::unknown_resource(),
        });
    };
    let ResourcePath { resource, namespace, name, .. } = resource_path;
    if !identity.is_allowed(cluster, verb, resource, namespace) {
        return Err(StatusError::forbidden(
            identity,
            verb,
            resource,
            namespace,
            name.unwrap_or_default(),
        ));
    }
    match (verb, name) {
        ("get", Some(name)) => {
            let object = cluster.object(&resource_path.object_path(name));
            object.map(|object| (200, object)).ok_or_else(|| StatusError::not_found(resource, name))
        }
        ("list", None) => list(cluster, &resource_path, request.uri().query().unwrap_or_default()),
        ("create", None) => create(cluster, &resource_path, request.body()),
        _ => Err(StatusError::method_not_allowed()),
    }
}

/// Lists the objects of a resource, in one namespace or in all. Supports the query parameters
/// `labelSelector`, `limit` and `continue`.
fn list(
    cluster: &Cluster,
    resource_path: &ResourcePath<'_>,
    query: &str,
) -> Result<(u16, Value), StatusError> {
    let parameter = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next();
        let value = value.map(|value| value.replace('+', " "));
        value.map(|value| percent_decode_str(&value).decode_utf8_lossy().into_owned())
    };
    let (revision, objects) = cluster.with_state(|cluster| {
        let is_listed = |path: &String| {
            ResourcePath::parse(path).is_some_and(|object_path| {
                (object_path.group, object_path.resource)
                    == (resource_path.group, resource_path.resource)
                    && (resource_path.namespace.is_none()
                        || object_path.namespace == resource_path.namespace)
            })
        };
        let listed = cluster.objects.iter().filter(|(path, _)| is_listed(path));
        (cluster.revision, listed.map(|(_, object)| object.clone()).collect::<Vec<_>>())
    });
    let selector = parameter("labelSelector").filter(|selector| !selector.is_empty());
    let mut items = Vec::new();
    for mut object in objects {
        let matches =
            selector.as_deref().map_or(Some(true), |text| selector::matches(&object, text));
        if matches.ok_or_else(|| StatusError::bad_request("unable to parse requirement"))? {
            // The items of a list have no `kind` and no `apiVersion`.
            if let Some(object) = object.as_object_mut() {
                object.remove("kind");
                object.remove("apiVersion");
            }
            items.push(object);
        }
    }
    let start: usize = parameter("continue").and_then(|start| start.parse().ok()).unwrap_or(0);
    let limit = parameter("limit").and_then(|limit| limit.parse().ok()).filter(|limit| *limit > 0);
    let limit = limit.unwrap_or(usize::MAX);
    let mut metadata = json!({"resourceVersion": revision.to_string()});
    if items.len() > start.saturating_add(limit) {
        metadata["continue"] = json!((start + limit).to_string());
    }
    let page: Vec<_> = items.into_iter().skip(start).take(limit).collect();
    let response = json!({
        "kind": format!("{}List", resource_path.kind), "apiVersion": resource_path.version(),
        "metadata": metadata, "items": page,
    });
    Ok((200, response))
}

/// Creates the object in the request body. Its name must not exist in the namespace.
fn create(
    cluster: &Cluster,
    resource_path: &ResourcePath<'_>,
    body: &[u8],
) -> Result<(u16, Value), StatusError> {
    let object: Value = serde_json::from_slice(body)
        .map_err(|error| StatusError::bad_request(error.to_string()))?;
    if object["kind"] != resource_path.kind || object["apiVersion"] != resource_path.version() {
        return Err(StatusError::bad_request(format!(
            "the object provided is no {}",
            resource_path.kind
        )));
    }
    let name = object.pointer("/metadata/name").and_then(Value::as_str);
    let name = name.filter(|name| !name.is_empty());
    let name =
        name.ok_or_else(|| StatusError::invalid("metadata.name: Required value"))?.to_owned();
    let body_namespace = object.pointer("/metadata/namespace").and_then(Value::as_str);
    if let Some(namespace) = resource_path.namespace {
        if body_namespace.is_some_and(|body_namespace| body_namespace != namespace) {
            let message = "the namespace of the provided object does not match \
                           the namespace sent on the request";
            return Err(StatusError::bad_request(message));
        }
        if cluster.object(&format!("/api/v1/namespaces/{namespace}")).is_none() {
            return Err(StatusError::not_found("namespaces", namespace));
        }
    } else if resource_path.namespaced {
        return Err(StatusError::method_not_allowed());
    }
    let data = object.get("data").and_then(Value::as_object);
    if resource_path.kind == "ConfigMap"
        && data.is_some_and(|data| !data.values().all(Value::is_string))
    {
        return Err(StatusError::bad_request(
            "ConfigMap in version \"v1\" cannot be handled: data",
        ));
    }
    let path = resource_path.object_path(&name);
    cluster.with_state(|cluster| {
        if cluster.objects.contains_key(&path) {
            return Err(StatusError::already_exists(resource_path.resource, &name));
        }
        Ok((201, cluster.put_object(resource_path.namespace, path, object)))
    })
}

impl eks::StoredCluster {
    /// Stores an object at a path, with the metadata that the API server adds, and returns it.
    pub(crate) fn put_object(
        &mut self,
        namespace: Option<&str>,
        path: String,
        mut object: Value,
    ) -> Value {
        self.revision += 1;
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            if let Some(namespace) = namespace {
                metadata.insert("namespace".to_owned(), json!(namespace));
            }
            let uid = format!("5d0f8f2e-0000-4000-a000-{:012x}", self.revision);
            metadata.insert("uid".to_owned(), json!(uid));
            metadata.insert("resourceVersion".to_owned(), json!(self.revision.to_string()));
            metadata.insert("creationTimestamp".to_owned(), json!("2026-11-01T08:00:00Z"));
        }
        self.objects.insert(path, object.clone());
        object
    }
}
