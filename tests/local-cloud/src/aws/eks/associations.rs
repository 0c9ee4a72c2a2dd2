//! Reads Pod Identity associations.
use serde_json::{Value, json};

use super::call::EksCall;
use super::describe::timestamp;
use super::state::Association;
use crate::aws::error::AwsError;

pub(super) fn association_json(ask: &EksCall<'_>, cluster: &str, found: &Association) -> Value {
    let mut all = json!({
        "clusterName": cluster,
        "namespace": found.namespace,
        "serviceAccount": found.service_account,
        "roleArn": found.role,
        "associationArn": ask.arn(&format!("podidentityassociation/{cluster}/{}", found.id)),
        "associationId": found.id,
        "tags": found.tags,
        "createdAt": timestamp(found.created),
        "modifiedAt": timestamp(found.modified),
        "disableSessionTags": found.disable_session_tags,
    });
    let optional = [
        ("targetRoleArn", &found.target),
        ("externalId", &found.external_id),
        ("ownerArn", &found.owner),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            all[name] = json!(value);
        }
    }
    json!({"association": all})
}

/// Lists associations without their roles, as EKS does.
pub(super) fn list(ask: &mut EksCall<'_>, name: &str) -> Result<Value, AwsError> {
    ask.authorized_cluster(name)?;
    let (namespace, account) =
        (ask.query_parameter("namespace"), ask.query_parameter("serviceAccount"));
    let fits = |one: &Association| {
        namespace.as_ref().is_none_or(|asked| *asked == one.namespace)
            && account.as_ref().is_none_or(|asked| *asked == one.service_account)
    };
    let cluster = ask.find_cluster_mut(name)?;
    let seen: Vec<_> =
        cluster.associations.values_mut().filter_map(Association::visible_state).collect();
    let (page, next) = ask.page(seen.into_iter().filter(fits).collect())?;
    let page: Vec<_> = page
        .iter()
        .map(|one| {
            let mut summary = json!({
                "clusterName": name,
                "namespace": one.namespace,
                "serviceAccount": one.service_account,
                "associationArn": ask.arn(&format!("podidentityassociation/{name}/{}", one.id)),
                "associationId": one.id,
            });
            if let Some(owner) = &one.owner {
                summary["ownerArn"] = json!(owner);
            }
            summary
        })
        .collect();
    Ok(json!({"associations": page, "nextToken": next}))
}

pub(super) fn describe(ask: &mut EksCall<'_>, cluster: &str, id: &str) -> Result<Value, AwsError> {
    let seen = ask.read_association(cluster, id)?;
    Ok(association_json(ask, cluster, &seen))
}
