//! Describes clusters, node groups and add-ons.
use serde_json::{Value, json};

use super::call::{EksCall, not_found};
use crate::aws::error::AwsError;

/// Encodes the CA certificate in base64, as EKS returns it.
fn base64(text: &str) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text)
}

#[expect(clippy::cast_precision_loss, reason = "EKS writes times as JSON numbers with a fraction")]
pub(super) fn timestamp(seconds: i64) -> f64 {
    seconds as f64
}

pub(super) fn describe_cluster(call: &EksCall<'_>, name: &str) -> Result<Value, AwsError> {
    let found = call.authorized_cluster(name)?;
    let mut cluster = json!({
        "name": found.name,
        "arn": call.arn(&format!("cluster/{}", found.name)),
        "createdAt": timestamp(found.created),
        "status": found.status,
        "version": found.version,
        "platformVersion": found.platform,
        "endpoint": found.endpoint,
        "certificateAuthority": {"data": base64(&found.ca_pem)},
        "resourcesVpcConfig": {
            "vpcId": "vpc-0a1b2c3d4e5f60718",
            "subnetIds": ["subnet-0a1b2c3d4e5f60718"],
            "securityGroupIds": [],
            "endpointPublicAccess": !found.private_endpoint,
            "endpointPrivateAccess": found.private_endpoint,
            "publicAccessCidrs": if found.private_endpoint { json!([]) } else { json!(["0.0.0.0/0"]) },
        },
        "accessConfig": {
            "bootstrapClusterCreatorAdminPermissions": false,
            "authenticationMode": "API_AND_CONFIG_MAP",
        },
        "computeConfig": {"enabled": found.auto_mode},
        "health": {"issues": []},
        "tags": {},
    });
    if let Some(provider) = &found.connector_provider {
        cluster["connectorConfig"] = json!({"provider": provider});
        // EKS knows these fields only for clusters that it runs itself.
        for unknown in ["endpoint", "certificateAuthority", "platformVersion", "computeConfig"] {
            cluster.as_object_mut().map(|all| all.remove(unknown));
        }
    }
    Ok(json!({"cluster": cluster}))
}

pub(super) fn list_nodegroups(call: &EksCall<'_>, name: &str) -> Result<Value, AwsError> {
    let names: Vec<_> = call.authorized_cluster(name)?.nodegroups.keys().cloned().collect();
    let (page, next) = call.page(names)?;
    Ok(json!({"nodegroups": page, "nextToken": next}))
}

pub(super) fn describe_nodegroup(
    call: &EksCall<'_>,
    name: &str,
    group: &str,
) -> Result<Value, AwsError> {
    let cluster = call.find_cluster(name);
    let arn = call.arn(&format!("nodegroup/{name}/{group}/1ec5bb1d-4b0a-4a0e-9c3c-1f6f7f9a0d42"));
    call.authorize(&arn)?;
    let found = cluster?.nodegroups.get(group);
    let found =
        found.ok_or_else(|| not_found(format!("No node group found for name: {group}.")))?;
    Ok(json!({"nodegroup": {
        "nodegroupName": group,
        "nodegroupArn": arn,
        "clusterName": name,
        "status": found.status,
        "capacityType": "ON_DEMAND",
        "nodeRole": found.node_role,
        "scalingConfig": {"minSize": 3, "maxSize": 5, "desiredSize": 3},
        "resources": {"autoScalingGroups": [{"name": format!("eks-{group}")}]},
        "health": {"issues": []},
    }}))
}

pub(super) fn list_addons(call: &EksCall<'_>, name: &str) -> Result<Value, AwsError> {
    let names: Vec<_> = call.authorized_cluster(name)?.addons.keys().cloned().collect();
    let (page, next) = call.page(names)?;
    Ok(json!({"addons": page, "nextToken": next}))
}

pub(super) fn describe_addon(
    call: &mut EksCall<'_>,
    name: &str,
    addon: &str,
) -> Result<Value, AwsError> {
    let arn = call.arn(&format!("addon/{name}/{addon}/6ec5bb1d-7a5c-4c0e-8c3c-2f6f7f9a0d43"));
    call.authorize(&arn)?;
    let found = call.find_cluster_mut(name)?.read_addon(addon);
    let found =
        found.ok_or_else(|| not_found(format!("No addon: {addon} found in cluster: {name}")))?;
    let issues = found.issues.iter();
    let issues: Vec<_> = issues
        .map(|(code, message)| json!({"code": code, "message": message, "resourceIds": []}))
        .collect();
    Ok(json!({"addon": {
        "addonName": addon,
        "clusterName": name,
        "status": found.status,
        "addonVersion": found.version,
        "health": {"issues": issues},
        "addonArn": arn,
        "publisher": "eks",
        "owner": "aws",
    }}))
}

pub(super) fn list_fargate_profiles(call: &EksCall<'_>, name: &str) -> Result<Value, AwsError> {
    let names: Vec<_> = call.authorized_cluster(name)?.fargate_profiles.iter().cloned().collect();
    let (page, next) = call.page(names)?;
    Ok(json!({"fargateProfileNames": page, "nextToken": next}))
}
