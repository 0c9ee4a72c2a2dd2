//! Handles `GET /v1/sts/trust`: returns what a person needs to create the role that Palette
//! assumes.

use gangway_lambda::{ApiError, Request, Response};
use gangway_model::{AuthMethod, Partition, PermissionProfile, RegistrationError, Scope};
use gangway_policies::{
    PolicyDocument,
    cloudformation::{self, ROLE_NAME},
};
use gangway_registration::AppContext;
use serde_json::{Value, json};

/// Handles `GET /v1/sts/trust`. Returns the trusted account, the external id, the trust policy and
/// the permission policies, and CloudFormation templates. One template creates the role; a second
/// one creates the role and registers the account.
pub(crate) async fn get_trust(request: &Request, app: &AppContext) -> Result<Response, ApiError> {
    let partition = app.clients.partition;
    let TrustQuery { profile, add_ons } = TrustQuery::parse(request, partition)?;
    // All projects of a tenant have the same external id.
    let accounts = app.clients.palette.in_scope(Scope::Tenant);
    let source = accounts.sts_source_account(partition).await?;
    let (Some(palette_account), Some(external_id)) = (source.account, source.external_id) else {
        return Err(RegistrationError::NotFound(format!(
            "Palette has no STS source account for {partition}; ask Palette's operator to enable STS in the system console, or use static credentials"
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
    let mut body = json!({
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
    });
    if let (Some(topic), Some(members)) = (&app.config.stack_topic, body.as_object_mut()) {
        let template = cloudformation::account_template(&role, topic);
        members.insert("accountStackTemplate".to_owned(), template);
    }
    Ok(Response::Json(body))
}

/// The query parameters of the request.
struct TrustQuery {
    profile: PermissionProfile,
    add_ons: Vec<PolicyDocument>,
}

impl TrustQuery {
    /// Parses the query parameters. Returns every error at once.
    fn parse(request: &Request, deployed: Partition) -> Result<Self, ApiError> {
        const ADD_ONS_RULE: &str =
            "must be cloudformation, host-resource-groups, or both separated by a comma";
        let mut fields = request.query_fields();
        fields.partition(deployed, AuthMethod::Sts, false);
        let profile = fields.optional("permissionProfile").unwrap_or_default();
        let add_ons = fields.optional_with("addOns", ADD_ONS_RULE, |names| {
            names.split(',').map(parse_add_on).collect()
        });
        let add_ons = add_ons.unwrap_or_default();
        fields.finish(Some(Self { profile, add_ons }))
    }
}

/// Parses the name of an additional policy document.
fn parse_add_on(name: &str) -> Option<PolicyDocument> {
    match name {
        "cloudformation" => Some(PolicyDocument::CloudFormationStack),
        "host-resource-groups" => Some(PolicyDocument::HostResourceGroups),
        _ => None,
    }
}
