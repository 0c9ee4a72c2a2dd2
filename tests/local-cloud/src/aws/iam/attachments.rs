//! Managed policies, inline policies and boundaries of roles, users and groups.
use super::{IamCall, check_document, percent_encoded, role_resource, user_resource, write_paging};
use crate::aws::error::AwsError;
use crate::aws::policy::DocumentKind;
use crate::aws::store::{ParsedPolicy, PrincipalPolicies};
use crate::aws::xml::Xml;

/// The entity that an action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PolicyHolder {
    Role,
    User,
    Group,
}

impl IamCall<'_> {
    fn holder(&self) -> PolicyHolder {
        if self.action.contains("Role") {
            PolicyHolder::Role
        } else if self.action.contains("User") {
            PolicyHolder::User
        } else {
            PolicyHolder::Group
        }
    }

    /// Authorizes the call and returns the entity's policies.
    fn attached_policies(&self) -> Result<&PrincipalPolicies, AwsError> {
        match self.holder() {
            PolicyHolder::Role => Ok(&self.role()?.policies),
            PolicyHolder::User => Ok(&self.user()?.policies),
            PolicyHolder::Group => {
                let name = self.form.required("GroupName")?;
                self.authorize(&self.arn(&format!("group/{name}")), &format!("group {name}"))?;
                let found = self
                    .store
                    .account(&self.caller.account_key)
                    .and_then(|account| account.groups.get(name));
                let found = found.map(|group| &group.policies);
                found.ok_or_else(|| {
                    AwsError::no_such_entity(format!("The group with name {name} cannot be found."))
                })
            }
        }
    }

    /// The entity type in messages and quotas.
    fn entity_type(&self) -> &'static str {
        match self.holder() {
            PolicyHolder::Role => "Role",
            PolicyHolder::User => "User",
            PolicyHolder::Group => "Group",
        }
    }

    fn entity_name(&self) -> &str {
        self.form.get(&format!("{}Name", self.entity_type())).unwrap_or_default()
    }

    /// Changes the policies. The caller must have authorized the call.
    fn update_policies(&mut self, change: impl FnOnce(&mut PrincipalPolicies)) {
        let (holder, name) = (self.holder(), self.entity_name().to_owned());
        let account = self.store.account_mut(&self.caller.account_key);
        let policies = match holder {
            PolicyHolder::Role => {
                account.roles.get_mut(&name.to_ascii_lowercase()).map(|role| &mut role.policies)
            }
            PolicyHolder::User => account.users.get_mut(&name).map(|user| &mut user.policies),
            PolicyHolder::Group => account.groups.get_mut(&name).map(|group| &mut group.policies),
        };
        if let Some(policies) = policies {
            change(policies);
        }
    }

    /// Authorizes a change, with the condition keys of attachments.
    fn authorize_change(&self, key: &str, arn: &str) -> Result<(), AwsError> {
        let account = self.store.account(&self.caller.account_key);
        let name = self.entity_name();
        let found = match self.holder() {
            PolicyHolder::Role => account
                .and_then(|all| all.roles.get(&name.to_ascii_lowercase()))
                .map(|role| (role_resource(role), role.policies.boundary.clone())),
            PolicyHolder::User => account
                .and_then(|all| all.users.get(name))
                .map(|user| (user_resource(user), user.policies.boundary.clone())),
            PolicyHolder::Group => None,
        };
        let kind = self.entity_type().to_ascii_lowercase();
        let missing = found.is_none();
        let (resource, boundary) = found.unwrap_or_else(|| (format!("{kind}/{name}"), None));
        self.authorize_with_context(&self.arn(&resource), &format!("{kind} {name}"), |context| {
            let context = boundary
                .into_iter()
                .fold(context, |all, arn| all.with("iam:PermissionsBoundary", arn));
            context.with(key, arn)
        })?;
        if missing {
            return Err(AwsError::no_such_entity(format!(
                "The {kind} with name {name} cannot be found."
            )));
        }
        Ok(())
    }
}

pub(super) fn list(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    let (page, marker) = call.page(call.attached_policies()?.attached.iter().collect())?;
    let mut xml = Xml::default();
    xml.list("AttachedPolicies", page, |xml, arn| {
        let name = arn.rsplit('/').next().unwrap_or_default();
        xml.element("PolicyName", name).element("PolicyArn", arn);
    });
    write_paging(&mut xml, marker);
    Ok(xml)
}

pub(super) fn list_inline(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    let (page, marker) = call.page(call.attached_policies()?.inline.keys().collect())?;
    let mut xml = Xml::default();
    xml.texts("PolicyNames", page);
    write_paging(&mut xml, marker);
    Ok(xml)
}

pub(super) fn get_inline(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    let name = call.form.required("PolicyName")?;
    let found = call.attached_policies()?.inline.get(name);
    let kind = call.entity_type().to_ascii_lowercase();
    let text = found.ok_or_else(|| {
        AwsError::no_such_entity(format!("The {kind} policy with name {name} cannot be found."))
    })?;
    let mut xml = Xml::default();
    xml.element(&format!("{}Name", call.entity_type()), call.entity_name())
        .element("PolicyName", name);
    xml.element("PolicyDocument", percent_encoded(&text.raw));
    Ok(xml)
}

/// Attaches a policy. Idempotent.
pub(super) fn attach(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let arn = call.form.required("PolicyArn")?.to_owned();
    call.authorize_change("iam:PolicyARN", &arn)?;
    if !call.check_visible(&arn) {
        return Err(AwsError::no_such_entity(format!(
            "Policy {arn} does not exist or is not attachable."
        )));
    }
    let quota = call.quota(&format!("AttachedPoliciesPer{}Quota", call.entity_type()));
    let kind = call.entity_type();
    let mut full = false;
    call.update_policies(|policies| {
        if !policies.attached.contains(&arn) {
            full = policies.attached.len() >= quota;
            if !full {
                policies.attached.push(arn);
            }
        }
    });
    if full {
        let message = format!("Cannot exceed quota for PoliciesPer{kind}: {quota}");
        return Err(AwsError::new(409, "LimitExceeded", message));
    }
    Ok(Xml::default())
}

pub(super) fn detach(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let arn = call.form.required("PolicyArn")?.to_owned();
    call.authorize_change("iam:PolicyARN", &arn)?;
    let mut found = false;
    call.update_policies(|policies| {
        found = policies.attached.contains(&arn);
        policies.attached.retain(|one| *one != arn);
    });
    if found {
        Ok(Xml::default())
    } else {
        Err(AwsError::no_such_entity(format!("Policy {arn} was not found.")))
    }
}

pub(super) fn put_inline(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let name = call.form.required("PolicyName")?.to_owned();
    let raw = call.form.required("PolicyDocument")?.to_owned();
    call.authorize_change("iam:PolicyName", &name)?;
    let malformed = |fault| AwsError::new(400, "MalformedPolicyDocument", fault);
    let text = ParsedPolicy::parse(&raw, DocumentKind::Identity).map_err(malformed)?;
    check_document(&text, call.caller.partition()).map_err(malformed)?;
    let quota = call.quota(&format!("{}PolicySizeQuota", call.entity_type()));
    if raw.chars().filter(|c| !c.is_whitespace()).count() > quota {
        return Err(AwsError::new(
            409,
            "LimitExceeded",
            format!("Maximum policy size of {quota} bytes exceeded"),
        ));
    }
    call.update_policies(|policies| drop(policies.inline.insert(name, text)));
    Ok(Xml::default())
}

pub(super) fn put_boundary(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let arn = call.form.required("PermissionsBoundary")?.to_owned();
    call.authorize_change("iam:PermissionsBoundary", &arn)?;
    if !call.check_visible(&arn) {
        return Err(AwsError::no_such_entity(format!(
            "Policy {arn} does not exist or is not attachable."
        )));
    }
    call.update_policies(|policies| policies.boundary = Some(arn));
    Ok(Xml::default())
}
