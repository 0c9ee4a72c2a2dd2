//! What a person needs to make the role: the facts that Palette's wizard shows, and the documents that follow from them.

use gangway_lambda::{ApiError, Query, Request, Response};
use gangway_model::{AuthMethod, Partition, PermissionProfile, RegistrationError, RequestedScope};
use gangway_policies::{
    PolicyDocument,
    cloudformation::{self, ROLE_NAME},
};
use gangway_registration::AppContext;
use serde_json::{Value, json};

/// `GET /v1/accounts/sts/trust`: trusted account, external id, policies and a template that makes the role (D03).
pub(crate) async fn get_trust(
    request: &Request,
    deployment: &AppContext,
) -> Result<Response, ApiError> {
    let partition = deployment.clients.partition;
    let TrustQuery { profile, add_ons, scope } = TrustQuery::parse(request, partition)?;
    let registry = deployment.clients.palette.resolve_scope(&scope).await?;
    let facts = registry.sts_source_account(partition).await?;
    let (Some(palette_account), Some(external_id)) = (facts.account, facts.external_id) else {
        return Err(RegistrationError::NotFound(format!(
            "Palette has no STS source account for {partition}; have its operator enable STS in the system console, or use static credentials"
        ))
        .into());
    };
    let role = cloudformation::RoleTemplateParams {
        profile,
        add_ons: &add_ons,
        palette_account,
        external_id: &external_id,
    };
    let documents: Vec<PolicyDocument> =
        gangway_policies::documents_for(profile).iter().chain(&add_ons).copied().collect();
    let rendered: Vec<Value> = documents
        .iter()
        .map(|document| json!({ "name": document.name(), "document": document.render(partition) }))
        .collect();
    Ok(Response::Json(json!({
        "partition": partition.id(),
        "trustedEntityType": "AWS account: another AWS account",
        "paletteAccountId": palette_account.as_str(),
        "requireExternalId": true,
        "externalId": external_id,
        "roleName": ROLE_NAME,
        "permissionProfile": profile.id(),
        "trustPolicy": gangway_policies::trust_policy(partition, palette_account, &external_id),
        "permissionPolicies": rendered,
        "cloudFormationTemplate": cloudformation::role_template(&role),
        "notices": gangway_policies::privilege_escalation_notices(&documents),
    })))
}

/// What the query asks.
struct TrustQuery {
    profile: PermissionProfile,
    add_ons: Vec<PolicyDocument>,
    scope: RequestedScope,
}

impl TrustQuery {
    /// The query, or every fault of it.
    fn parse(request: &Request, deployed: Partition) -> Result<Self, ApiError> {
        const ADD_ONS: &str =
            "must be cloudformation, host-resource-groups, or both with a comma between";
        let mut query = Query::new(request);
        query.partition(deployed, AuthMethod::Sts, false);
        let profile = query.optional("permissionProfile").unwrap_or_default();
        let add_ons = query
            .parse_with("addOns", ADD_ONS, |names| names.split(',').map(parse_add_on).collect());
        let add_ons = add_ons.unwrap_or_default();
        let scope = query.scope();
        query.finish()?;
        Ok(Self { profile, add_ons, scope })
    }
}

fn parse_add_on(name: &str) -> Option<PolicyDocument> {
    match name {
        "cloudformation" => Some(PolicyDocument::CloudFormationStack),
        "host-resource-groups" => Some(PolicyDocument::HostResourceGroups),
        _ => None,
    }
}
