//! Returns the setup plan: the roles, policy documents, associations and `ConfigMap` that a Pod
//! Identity setup needs, as JSON and as shell commands in the right order.

mod query;
mod shell_command;
mod steps;

use gangway_aws::{
    eks::POD_IDENTITY_AGENT,
    kubernetes::{CLUSTER_NAME_KEY, KUBE_SYSTEM, PALETTE_CONFIG_MAP},
};
use gangway_checks::pod_identity::{inspection_commands, policy_cluster};
use gangway_lambda::{ApiError, Request, Response};
use gangway_model::{AuthMethod, PermissionProfile};
use gangway_policies::{
    PolicyDocument,
    pod_identity::{
        EksSessions, HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, NodePolicy,
        PodIdentityPolicy, PodIdentityRoles, REGISTRY_SERVICE_ACCOUNT, RolePurpose,
    },
};
use gangway_registration::AppContext;
use serde_json::{Value, json};

use self::query::PlanQuery;

/// Handles `GET /v1/pod-identity/plan`. Calls no other service, so the plan is available before the
/// roles and the cluster exist.
pub(crate) fn get_plan(request: &Request, context: &AppContext) -> Result<Response, ApiError> {
    let query = PlanQuery::parse(request, context)?;
    let PlanQuery { cluster, roles, profile } = &query;
    let partition = cluster.region.partition();
    let sessions = EksSessions::expected(policy_cluster(cluster));
    let roles_json: Vec<Value> = roles
        .in_creation_order()
        .into_iter()
        .map(|(purpose, arn)| {
            json!({
                "role": purpose.id(),
                "roleName": arn.name(),
                "roleArn": arn.as_str(),
                "accountId": arn.account().as_str(),
                "trustPolicy": roles.trust(purpose, &sessions),
                "permissionPolicies": permission_policies(&query, purpose)
                    .into_iter()
                    .map(|(name, document)| json!({"name": name, "document": document}))
                    .collect::<Vec<_>>(),
            })
        })
        .collect();
    let steps = steps::all_steps(&query, &sessions);
    let commands: Vec<String> = steps.iter().map(steps::Step::to_script).collect();
    let documents = required_documents(*profile);
    Ok(Response::Json(json!({
        "partition": partition.id(),
        "case": if roles.hubble_target().is_some() { "cross-account" } else { "same-account" },
        "cluster": {
            "clusterName": cluster.name.to_string(),
            "clusterRegion": cluster.region.to_string(),
            "accountId": cluster.account.as_str(),
        },
        "targetAccountId": roles.palette().account().as_str(),
        "permissionProfile": profile.id(),
        "roles": roles_json,
        "addOn": POD_IDENTITY_AGENT,
        "nodeRolePolicy": {
            "name": NodePolicy::NAME,
            "document": NodePolicy::document(),
        },
        "associations": associations_json(roles),
        "configMap": {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": PALETTE_CONFIG_MAP, "namespace": KUBE_SYSTEM},
            "data": {CLUSTER_NAME_KEY: cluster.name.to_string()},
        },
        "steps": steps.iter().map(steps::Step::to_json).collect::<Vec<_>>(),
        "commands": commands.join("\n\n"),
        "validation": inspection_commands(cluster),
        "register": registration_request(&query),
        "notices": notices(roles, &gangway_policies::privilege_escalation_notices(documents)),
    })))
}

/// Returns the permission policies of a role with their names. Palette's role has the policies of
/// the permission profile first.
fn permission_policies(query: &PlanQuery, purpose: RolePurpose) -> Vec<(&'static str, Value)> {
    let partition = query.cluster.region.partition();
    let profile = match purpose {
        RolePurpose::Palette | RolePurpose::PaletteTarget => required_documents(query.profile),
        RolePurpose::Hubble
        | RolePurpose::Identity
        | RolePurpose::IdentityLocal
        | RolePurpose::HubbleLocal
        | RolePurpose::HubbleTarget => &[],
    };
    let profile = profile.iter().map(|document| (document.name(), document.render(partition)));
    profile.chain([(purpose.document().name(), query.roles.permissions(purpose))]).collect()
}

const fn required_documents(profile: PermissionProfile) -> &'static [PolicyDocument] {
    gangway_policies::required_documents(profile, AuthMethod::PodIdentity)
}

fn associations_json(roles: &PodIdentityRoles) -> Value {
    let mut hubble = json!({
        "namespace": HUBBLE_SERVICE_ACCOUNT.namespace,
        "serviceAccount": HUBBLE_SERVICE_ACCOUNT.name,
        "roleArn": roles.hubble().as_str(),
    });
    if let (Some(target), Some(members)) = (roles.hubble_target(), hubble.as_object_mut()) {
        members.insert("targetRoleArn".to_owned(), target.as_str().into());
    }
    let identity = json!({
        "namespace": IDENTITY_SERVICE_ACCOUNT.namespace,
        "serviceAccount": IDENTITY_SERVICE_ACCOUNT.name,
        "roleArn": roles.identity().as_str(),
    });
    json!([hubble, identity])
}

/// Returns the members of the registration request for this setup, without `name`.
fn registration_request(query: &PlanQuery) -> Value {
    let PlanQuery { cluster, roles, profile } = query;
    let mut members = json!({
        "roleArn": roles.palette().as_str(),
        "clusterName": cluster.name.to_string(),
        "clusterRegion": cluster.region.to_string(),
        "hubbleRoleArn": roles.hubble().as_str(),
        "identityRoleArn": roles.identity().as_str(),
        "permissionProfile": profile.id(),
    });
    if let (Some(target), Some(members)) = (roles.hubble_target(), members.as_object_mut()) {
        members.insert("hubbleTargetRoleArn".to_owned(), target.as_str().into());
    }
    members
}

fn notices(roles: &PodIdentityRoles, escalation_notices: &[String]) -> Vec<String> {
    let mut notices = vec![
        "Palette associates its own role when the account is used: do not associate it by hand."
            .to_owned(),
        "Leave policyArns out when the account is registered: the policies are on Palette's role."
            .to_owned(),
        "Do not create policies that exist already; the add-on needs exactly one owner.".to_owned(),
        format!(
            "{} allows iam:PassRole for any role of its account; a permissions boundary on Palette's role limits that.",
            PodIdentityPolicy::Supplement.name()
        ),
    ];
    notices.push(if roles.hubble_target().is_some() {
        "EKS returns the external id with each association: if it differs from that in the trust policies, use the one from EKS.".to_owned()
    } else {
        format!("A pack registry in ECR can use Pod Identity: associate {REGISTRY_SERVICE_ACCOUNT} with Hubble's role too.")
    });
    notices.extend(escalation_notices.iter().cloned());
    notices
}
