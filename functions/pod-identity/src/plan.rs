//! What a person needs to set everything up: roles, documents, associations and the ConfigMap, in an order that works, as
//! JSON and as commands (P08, P11–P22).

mod query;
mod shell_command;
mod steps;

use gangway_lambda::{ApiError, Request, Response};
use gangway_policies::pod_identity::{
    ExternalIds, HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, NodePolicy, PodIdentityPolicy,
    PodIdentityRoles, REGISTRY_SERVICE_ACCOUNT, RolePurpose,
};
use gangway_registration::AppContext;
use serde_json::{Value, json};

use self::query::PlanQuery;
use crate::{
    eks::AGENT,
    evaluate::{config, pods},
    kubernetes::{CONFIG, CONFIG_KEY, SYSTEM},
};

/// `GET /v1/accounts/pod-identity/plan`. Asks nobody: whoever has nothing yet can ask for it.
pub(crate) fn get_plan(request: &Request, deployment: &AppContext) -> Result<Response, ApiError> {
    let question = PlanQuery::parse(request, deployment)?;
    let PlanQuery { cluster, roles, profile } = &question;
    let partition = cluster.region.partition;
    let ids = ExternalIds::expected(cluster.place());
    let rendered: Vec<Value> = roles
        .in_creation_order()
        .into_iter()
        .map(|(part, arn)| {
            json!({
                "role": part.id(),
                "roleName": arn.name(),
                "roleArn": arn.as_str(),
                "accountId": arn.account().as_str(),
                "trustPolicy": roles.trust(part, &ids),
                "permissionPolicies": policies_of(&question, part)
                    .into_iter()
                    .map(|(name, document)| json!({"name": name, "document": document}))
                    .collect::<Vec<_>>(),
            })
        })
        .collect();
    let steps = steps::all_steps(&question, &ids);
    let commands: Vec<String> = steps.iter().map(steps::Step::script).collect();
    let documents = gangway_policies::documents_for(*profile);
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
        "roles": rendered,
        "addOn": AGENT,
        "nodeRolePolicy": {
            "name": NodePolicy::NAME,
            "document": NodePolicy::document(),
        },
        "associations": associations(roles),
        "configMap": {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": CONFIG, "namespace": SYSTEM},
            "data": {CONFIG_KEY: cluster.name.to_string()},
        },
        "steps": steps.iter().map(steps::Step::json).collect::<Vec<_>>(),
        "commands": commands.join("\n\n"),
        "validation": pods::commands(cluster),
        "register": register(&question),
        "notices": notices(roles, &gangway_policies::privilege_escalation_notices(documents)),
    })))
}

/// A role's permission policies by name: its own, and for Palette's those of the profile first.
fn policies_of(question: &PlanQuery, part: RolePurpose) -> Vec<(&'static str, Value)> {
    let partition = question.cluster.region.partition;
    let profile = match part {
        RolePurpose::Palette | RolePurpose::PaletteTarget => {
            gangway_policies::documents_for(question.profile)
        }
        RolePurpose::Hubble
        | RolePurpose::Identity
        | RolePurpose::IdentityLocal
        | RolePurpose::HubbleLocal
        | RolePurpose::HubbleTarget => &[],
    };
    let profile = profile.iter().map(|document| (document.name(), document.render(partition)));
    profile.chain([(part.document().name(), question.roles.permissions(part))]).collect()
}

fn associations(roles: &PodIdentityRoles) -> Value {
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

/// The members that the registration then needs besides a name (P30, P32).
fn register(question: &PlanQuery) -> Value {
    let PlanQuery { cluster, roles, profile } = question;
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

fn notices(roles: &PodIdentityRoles, escalations: &[String]) -> Vec<String> {
    let mut notices = vec![
        "Palette associates its own role when the account is used: never do it by hand.".to_owned(),
        "Leave policyArns out when the account is registered: the policies are on Palette's role."
            .to_owned(),
        "Policies that exist already need no second creation; the add-on needs exactly one owner."
            .to_owned(),
        format!(
            "{} may pass any role of its account on; a permissions boundary on Palette's role limits that.",
            PodIdentityPolicy::Supplement.name()
        ),
    ];
    notices.push(if roles.hubble_target().is_some() {
        "EKS tells the external id with each association: if it is another than in the trust policies, what EKS tells is right.".to_owned()
    } else {
        format!("A pack registry in ECR can use Pod Identity: associate {REGISTRY_SERVICE_ACCOUNT} with Hubble's role too.")
    });
    notices.extend(escalations.iter().cloned());
    notices
}

/// The ConfigMap's command, for the steps.
fn config_command(question: &PlanQuery) -> String {
    config::create(&question.cluster.name.to_string())
}
