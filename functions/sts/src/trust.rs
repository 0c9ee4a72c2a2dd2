//! What a person needs to make the role: the facts that Palette's wizard shows, and the documents that follow from them.

use std::fmt::Display;

use deployment::Deployment;
use domain::{Failure, Method, Partition, PermissionProfile, ScopeWish, Violation};
use lambda::{Rejection, Reply, Request};
use policies::{
    Document,
    cloudformation::{self, ROLE_NAME},
};
use serde_json::{Value, json};

/// `GET /v1/accounts/sts/trust`: trusted account, external id, policies and a template that makes the role (D03).
pub(crate) async fn facts(request: &Request, deployment: &Deployment) -> Result<Reply, Rejection> {
    let Question { partition, profile, add_ons, scope } =
        Question::read(request, deployment.partition)?;
    let registry = deployment.palette.scoped(&scope).await?;
    let facts = registry.sts_trust(partition).await?;
    let (Some(palette_account), Some(external_id)) = (facts.account, facts.external_id) else {
        return Err(Failure::NotFound(format!(
            "Palette has no STS source account for {partition}; have its operator enable STS in the system console, or use static credentials"
        ))
        .into());
    };
    let role = cloudformation::Role {
        profile,
        add_ons: &add_ons,
        palette_account,
        external_id: &external_id,
    };
    let documents: Vec<Document> = policies::of(profile).iter().chain(&add_ons).copied().collect();
    let rendered: Vec<Value> = documents
        .iter()
        .map(|document| json!({ "name": document.name(), "document": document.render(partition) }))
        .collect();
    Ok(Reply::Json(json!({
        "partition": partition.id(),
        "trustedEntityType": "AWS account: another AWS account",
        "paletteAccountId": palette_account.as_str(),
        "requireExternalId": true,
        "externalId": external_id,
        "roleName": ROLE_NAME,
        "permissionProfile": profile.id(),
        "trustPolicy": policies::trust_policy(partition, palette_account, &external_id),
        "permissionPolicies": rendered,
        "cloudFormationTemplate": cloudformation::role_template(&role),
        "notices": policies::escalations(&documents),
    })))
}

/// What the query asks.
struct Question {
    partition: Partition,
    profile: PermissionProfile,
    add_ons: Vec<Document>,
    scope: ScopeWish,
}

impl Question {
    /// The query, or every fault of it.
    fn read(request: &Request, deployed: Partition) -> Result<Self, Rejection> {
        let mut faults = Vec::new();
        let partition = request.query("partition").map_or(Ok(deployed), str::parse);
        let partition = partition
            .map_err(|fault| faults.push(malformed("partition", &fault)))
            .unwrap_or(deployed);
        if partition != deployed {
            let rule = format!(
                "partition must be {deployed}: this deployment serves no other; ask the one in {partition}"
            );
            faults.push(Violation::refused("/partition", rule));
        } else if !Method::Sts.allowed_in(partition, false) {
            let rule = format!(
                "sts is not offered in partition {partition}: use static-credentials or scap"
            );
            faults.push(Violation::refused("/partition", rule));
        }
        let profile = request.query("permissionProfile").map_or(Ok(<_>::default()), str::parse);
        let profile = profile
            .map_err(|fault| faults.push(malformed("permissionProfile", &fault)))
            .unwrap_or_default();
        let names = request.query("addOns").into_iter().flat_map(|names| names.split(','));
        let add_ons = names.filter_map(|name| match name {
            "cloudformation" => Some(Document::CloudFormationStack),
            "host-resource-groups" => Some(Document::HostResourceGroups),
            _ => {
                let rule =
                    "must be cloudformation, host-resource-groups, or both with a comma between";
                faults.push(malformed("addOns", &rule));
                None
            }
        });
        let add_ons = add_ons.collect();
        let scope =
            request.scope().map_err(|fault| faults.push(fault)).unwrap_or(ScopeWish::Tenant);
        if faults.is_empty() {
            Ok(Self { partition, profile, add_ons, scope })
        } else {
            Err(Failure::Invalid(faults).into())
        }
    }
}

/// A parameter that is not written as it should be.
fn malformed(parameter: &str, rule: &dyn Display) -> Violation {
    Violation::malformed(format!("/{parameter}"), format!("{parameter} {rule}"))
}
