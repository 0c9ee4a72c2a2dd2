//! Returns what a person needs to create the role: the values that Palette's wizard shows, and the
//! policy documents that contain them.

use gangway_lambda::{ApiError, Request, Response};
use gangway_model::{AuthMethod, Partition, PermissionProfile, RegistrationError, Scope};
use gangway_policies::{
    PolicyDocument,
    cloudformation::{self, ROLE_NAME},
};
use gangway_registration::AppContext;
use serde_json::{Value, json};

/// Handles `GET /v1/sts/trust`: trusted account, external id, policies, and CloudFormation templates of the
/// role, without and with the registration of its account.
pub(crate) async fn get_trust(request: &Request, app: &AppContext) -> Result<Response, ApiError> {
    let partition = app.clients.partition;
    let TrustQuery { profile, add_ons } = TrustQuery::parse(request, partition)?;
    // The external id is the tenant's: every project has the same.
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
    let mut answer = json!({
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
    if let (Some(topic), Some(members)) = (&app.config.stack_topic, answer.as_object_mut()) {
        let template = cloudformation::account_template(&role, topic);
        members.insert("accountStackTemplate".to_owned(), template);
    }
    Ok(Response::Json(answer))
}

/// The query parameters.
struct TrustQuery {
    profile: PermissionProfile,
    add_ons: Vec<PolicyDocument>,
}

impl TrustQuery {
    /// Parses the query parameters. Returns every error at once.
    fn parse(request: &Request, deployed: Partition) -> Result<Self, ApiError> {
        const ADD_ONS: &str =
            "must be cloudformation, host-resource-groups, or both separated by a comma";
        let mut fields = request.query_fields();
        fields.partition(deployed, AuthMethod::Sts, false);
        let profile = fields.optional("permissionProfile").unwrap_or_default();
        let add_ons = fields
            .optional_with("addOns", ADD_ONS, |names| names.split(',').map(parse_add_on).collect());
        let add_ons = add_ons.unwrap_or_default();
        fields.finish(Some(Self { profile, add_ons }))
    }
}

fn parse_add_on(name: &str) -> Option<PolicyDocument> {
    match name {
        "cloudformation" => Some(PolicyDocument::CloudFormationStack),
        "host-resource-groups" => Some(PolicyDocument::HostResourceGroups),
        _ => None,
    }
}
