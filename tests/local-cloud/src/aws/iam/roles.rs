//! IAM actions that create, change and delete roles.
use super::IamCall;
use super::change::check_trust_policy;
use super::read::write_role;
use crate::aws::error::AwsError;
use crate::aws::policy::DocumentKind;
use crate::aws::store::ParsedPolicy;
use crate::aws::xml::Xml;

impl IamCall<'_> {
    /// Parses the trust policy in a parameter, and checks its principals and its length.
    fn parse_trust_policy(&self, member: &str) -> Result<ParsedPolicy, AwsError> {
        let raw = self.form.required(member)?;
        let malformed = |error| AwsError::new(400, "MalformedPolicyDocument", error);
        let policy = ParsedPolicy::parse(raw, DocumentKind::Trust).map_err(malformed)?;
        check_trust_policy(self.store, &policy, &self.caller.account_key).map_err(malformed)?;
        let quota = self.quota("AssumeRolePolicySizeQuota");
        if raw.chars().filter(|c| !c.is_whitespace()).count() > quota {
            return Err(AwsError::new(
                409,
                "LimitExceeded",
                format!("Cannot exceed quota for ACLSizePerRole: {quota}"),
            ));
        }
        Ok(policy)
    }
}

/// Serves `CreateRole`.
pub(super) fn create_role(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let (name, path) = call.parse_name_and_path("RoleName", 64)?;
    let arn = call.arn(&format!("role{path}{name}"));
    let boundary = call.form.get("PermissionsBoundary").map(str::to_owned);
    call.authorize_with_context(&arn, &arn, |context| match &boundary {
        Some(boundary) => context.with("iam:PermissionsBoundary", boundary),
        None => context,
    })?;
    call.authorize_tags("iam:TagRole", &arn)?;
    let trust = call.parse_trust_policy("AssumeRolePolicyDocument")?;
    let seconds = call.form.integer("MaxSessionDuration", 3600..=43_200)?.unwrap_or(3600);
    let account_key = call.caller.account_key.clone();
    if let Some(boundary) = &boundary
        && !call.check_visible(boundary)
    {
        return Err(AwsError::no_such_entity(format!(
            "Scope ARN: {boundary} does not exist or is not attachable."
        )));
    }
    let account = call.store.account(&account_key);
    if account.is_some_and(|account| account.roles.contains_key(&name.to_ascii_lowercase())) {
        return Err(AwsError::new(
            409,
            "EntityAlreadyExists",
            format!("Role with name {name} already exists."),
        ));
    }
    let quota = call.quota("RolesQuota");
    if account.is_some_and(|account| account.roles.len() >= quota) {
        return Err(AwsError::new(
            409,
            "LimitExceeded",
            format!("Cannot exceed quota for RolesPerAccount: {quota}"),
        ));
    }
    let mut role = call.store.new_role(&account_key, &name, &path, trust);
    role.max_session = seconds;
    role.description = call.form.get("Description").map(str::to_owned);
    role.policies.boundary = boundary;
    role.tags = call.form.tags();
    let mut xml = Xml::default();
    xml.nested_element("Role", |xml| write_role(xml, &arn, &role));
    call.store.account_mut(&account_key).roles.insert(name.to_ascii_lowercase(), role);
    Ok(xml)
}

/// Serves `UpdateRole`.
pub(super) fn update_role(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let name = call.role()?.name.to_ascii_lowercase();
    let seconds = call.form.integer("MaxSessionDuration", 3600..=43_200)?;
    let description = call.form.get("Description").map(str::to_owned);
    if let Some(role) = call.store.account_mut(&call.caller.account_key).roles.get_mut(&name) {
        role.max_session = seconds.unwrap_or(role.max_session);
        if description.is_some() {
            role.description = description;
        }
    }
    Ok(Xml::default())
}

/// Serves `DeleteRole`.
pub(super) fn delete_role(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let role = call.role()?;
    let name = role.name.to_ascii_lowercase();
    if !role.policies.attached.is_empty() {
        return Err(AwsError::new(
            409,
            "DeleteConflict",
            "Cannot delete entity, must detach all policies first.",
        ));
    }
    if !role.policies.inline.is_empty() {
        return Err(AwsError::new(
            409,
            "DeleteConflict",
            "Cannot delete entity, must delete policies first.",
        ));
    }
    call.store.account_mut(&call.caller.account_key).roles.remove(&name);
    Ok(Xml::default())
}

/// Serves `UpdateAssumeRolePolicy`.
pub(super) fn update_assume_role_policy(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let name = call.role()?.name.to_ascii_lowercase();
    let trust = call.parse_trust_policy("PolicyDocument")?;
    if let Some(role) = call.store.account_mut(&call.caller.account_key).roles.get_mut(&name) {
        role.trust = trust;
    }
    Ok(Xml::default())
}

/// Serves `TagRole`.
pub(super) fn tag_role(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let role = call.role()?;
    let name = role.name.to_ascii_lowercase();
    let tags = call.form.tags();
    if let Some(role) = call.store.account_mut(&call.caller.account_key).roles.get_mut(&name) {
        role.tags.extend(tags);
    }
    Ok(Xml::default())
}
