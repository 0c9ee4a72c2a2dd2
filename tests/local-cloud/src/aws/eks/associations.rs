//! Reads Pod Identity associations.
use serde_json::{Value, json};

use super::call::EksCall;
use super::describe::timestamp;
use super::state::Association;
use crate::aws::error::AwsError;

pub(super) fn association_json(call: &EksCall<'_>, cluster: &str, found: &Association) -> Value {
    let mut all = json!({
        "clusterName": cluster,
        "namespace": found.namespace,
        "serviceAccount": found.service_account,
        "roleArn": found.role,
        "associationArn": call.arn(&format!("podidentityassociation/{cluster}/{}", found.id)),
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
        ("policy", &found.policy),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            all[name] = json!(value);
        }
    }
    json!({"association": all})
}

/// Lists associations without their roles, as EKS does.
pub(super) fn list(call: &mut EksCall<'_>, name: &str) -> Result<Value, AwsError> {
    call.authorized_cluster(name)?;
    let (namespace, account) =
        (call.query_parameter("namespace"), call.query_parameter("serviceAccount"));
    let is_selected = |one: &Association| {
        namespace.as_ref().is_none_or(|wanted| *wanted == one.namespace)
            && account.as_ref().is_none_or(|wanted| *wanted == one.service_account)
    };
    let cluster = call.find_cluster_mut(name)?;
    let visible: Vec<_> =
        cluster.associations.values_mut().filter_map(Association::visible_state).collect();
    let (page, next) = call.page(visible.into_iter().filter(is_selected).collect())?;
    let page: Vec<_> = page
        .iter()
        .map(|one| {
            let mut summary = json!({
                "clusterName": name,
                "namespace": one.namespace,
                "serviceAccount": one.service_account,
                "associationArn": call.arn(&format!("podidentityassociation/{name}/{}", one.id)),
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

pub(super) fn describe(call: &mut EksCall<'_>, cluster: &str, id: &str) -> Result<Value, AwsError> {
    let visible = call.read_association(cluster, id)?;
    Ok(association_json(call, cluster, &visible))
}
