//! What a person needs to make the role: the facts that Palette's wizard shows, and the documents that follow from them.

use deployment::Deployment;
use domain::{Method, Partition, PermissionProfile, ScopeWish, Violation};
use lambda::{Rejection, Reply, Request};
use policies::{Document, cloudformation};
use serde_json::{Value, json};

/// The name that Palette's documents give the role.
const ROLE_NAME: &str = "SpectroCloudRole";

/// `GET /v1/accounts/sts/trust`: trusted account, external id, policies and a template that makes the role (D03).
pub(crate) async fn facts(request: &Request, deployment: &Deployment) -> Result<Reply, Rejection> {
    let Question { partition, profile, scope } = Question::read(request, deployment.partition)?;
    let registry = deployment.palette.scoped(&scope).await?;
    let facts = registry.sts_trust(partition).await?;
    let (Some(account), Some(external_id)) = (facts.account, facts.external_id) else {
        return Err(domain::Failure::NotFound(format!(
            "Palette has no STS source account for {partition}; have its operator enable STS in the system console, or use static credentials"
        ))
        .into());
    };
    let documents = policies::of(profile);
    let rendered: Vec<Value> = documents
        .iter()
        .map(|document| json!({ "name": document.name(), "document": document.render(partition) }))
        .collect();
    Ok(Reply::Json(json!({
        "partition": partition.id(),
        "trustedEntityType": "AWS account: another AWS account",
        "paletteAccountId": account.as_str(),
        "requireExternalId": true,
        "externalId": external_id,
        "roleName": ROLE_NAME,
        "permissionProfile": profile.id(),
        "trustPolicy": policies::trust_policy(partition, account, &external_id),
        "permissionPolicies": rendered,
        "cloudFormationTemplate": cloudformation::role_template(profile, ROLE_NAME, account, &external_id),
        "notices": policies::notices(profile),
    })))
}

struct Question {
    partition: Partition,
    profile: PermissionProfile,
    scope: ScopeWish,
}

impl Question {
    /// The query, every fault of it at once.
    fn read(request: &Request, deployed: Partition) -> Result<Self, Rejection> {
        let mut faults = Vec::new();
        let partition = match request.query("partition").map(str::parse::<Partition>) {
            None => deployed,
            Some(Ok(partition)) => partition,
            Some(Err(fault)) => {
                faults.push(Violation::malformed("/partition", fault));
                deployed
            }
        };
        if partition != deployed {
            faults.push(Violation::refused(
                "/partition",
                format!("must be {deployed}, the partition of this deployment; ask the one in {partition}"),
            ));
        }
        if !Method::Sts.allowed_in(partition, false) {
            faults.push(Violation::refused(
                "/partition",
                format!("sts is not offered in {partition}; use static-credentials or scap"),
            ));
        }
        let profile = match request.query("permissionProfile").map(str::parse) {
            None => PermissionProfile::default(),
            Some(Ok(profile)) => profile,
            Some(Err(fault)) => {
                faults.push(Violation::malformed("/permissionProfile", fault));
                PermissionProfile::default()
            }
        };
        let scope =
            request.scope().map_err(|fault| faults.push(fault)).unwrap_or(ScopeWish::Tenant);
        if faults.is_empty() {
            Ok(Self { partition, profile, scope })
        } else {
            Err(domain::Failure::Invalid(faults).into())
        }
    }
}
