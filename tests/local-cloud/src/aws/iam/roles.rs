//! Creates, changes and deletes roles.
use super::IamCall;
use super::change::check_trust;
use super::read::role_body;
use crate::aws::policy::DocumentKind;
use crate::aws::refusal::AwsError;
use crate::aws::store::PolicyText;
use crate::aws::xml::Xml;

impl IamCall<'_> {
    fn trust(&self, member: &str) -> Result<PolicyText, AwsError> {
        let raw = self.form.need(member)?;
        let malformed = |fault| AwsError::new(400, "MalformedPolicyDocument", fault);
        let text = PolicyText::read(raw, DocumentKind::Trust).map_err(malformed)?;
        check_trust(self.store, &text, &self.caller.home).map_err(malformed)?;
        let quota = self.quota("AssumeRolePolicySizeQuota");
        if raw.chars().filter(|c| !c.is_whitespace()).count() > quota {
            return Err(AwsError::new(
                409,
                "LimitExceeded",
                format!("Cannot exceed quota for ACLSizePerRole: {quota}"),
            ));
        }
        Ok(text)
    }
}

pub(super) fn create_role(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let (name, path) = call.name_and_path("RoleName", 64)?;
    let arn = call.arn(&format!("role{path}{name}"));
    let boundary = call.form.get("PermissionsBoundary").map(str::to_owned);
    call.authorize_with(&arn, &arn, |context| match &boundary {
        Some(boundary) => context.with("iam:PermissionsBoundary", boundary),
        None => context,
    })?;
    call.authorize_tags("iam:TagRole", &arn)?;
    let trust = call.trust("AssumeRolePolicyDocument")?;
    let seconds = call.form.number("MaxSessionDuration", 3600..=43_200)?.unwrap_or(3600);
    let home = call.caller.home.clone();
    if let Some(boundary) = &boundary
        && !call.is_visible(boundary)
    {
        return Err(AwsError::missing(format!(
            "Scope ARN: {boundary} does not exist or is not attachable."
        )));
    }
    let account = call.store.account(&home);
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
    let mut role = call.store.new_role(&home, &name, &path, trust);
    role.max_session = seconds;
    role.description = call.form.get("Description").map(str::to_owned);
    role.grants.boundary = boundary;
    role.tags = call.form.tags();
    let mut xml = Xml::default();
    xml.nested_element("Role", |xml| role_body(xml, &arn, &role));
    call.store.account_mut(&home).roles.insert(name.to_ascii_lowercase(), role);
    Ok(xml)
}

pub(super) fn update_role(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let name = call.role()?.name.to_ascii_lowercase();
    let seconds = call.form.number("MaxSessionDuration", 3600..=43_200)?;
    let description = call.form.get("Description").map(str::to_owned);
    if let Some(role) = call.store.account_mut(&call.caller.home).roles.get_mut(&name) {
        role.max_session = seconds.unwrap_or(role.max_session);
        if description.is_some() {
            role.description = description;
        }
    }
    Ok(Xml::default())
}

pub(super) fn delete_role(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let role = call.role()?;
    let name = role.name.to_ascii_lowercase();
    if !role.grants.attached.is_empty() {
        return Err(AwsError::new(
            409,
            "DeleteConflict",
            "Cannot delete entity, must detach all policies first.",
        ));
    }
    if !role.grants.inline.is_empty() {
        return Err(AwsError::new(
            409,
            "DeleteConflict",
            "Cannot delete entity, must delete policies first.",
        ));
    }
    call.store.account_mut(&call.caller.home).roles.remove(&name);
    Ok(Xml::default())
}

pub(super) fn update_trust(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let name = call.role()?.name.to_ascii_lowercase();
    let trust = call.trust("PolicyDocument")?;
    if let Some(role) = call.store.account_mut(&call.caller.home).roles.get_mut(&name) {
        role.trust = trust;
    }
    Ok(Xml::default())
}

pub(super) fn tag_role(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let role = call.role()?;
    let name = role.name.to_ascii_lowercase();
    let tags = call.form.tags();
    if let Some(role) = call.store.account_mut(&call.caller.home).roles.get_mut(&name) {
        role.tags.extend(tags);
    }
    Ok(Xml::default())
}
