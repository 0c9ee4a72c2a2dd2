//! IAM actions for the policies of roles, users and groups: attached managed policies, inline
//! policies and permissions boundaries.
use super::{IamCall, check_document, percent_encoded, role_resource, user_resource, write_paging};
use crate::aws::error::AwsError;
use crate::aws::policy::DocumentKind;
use crate::aws::store::{ParsedPolicy, PrincipalPolicies};
use crate::aws::xml::Xml;

/// The type of entity whose policies an action reads or changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PolicyHolder {
    Role,
    User,
    Group,
}

impl IamCall<'_> {
    /// Returns the type of entity that the name of the action contains.
    fn holder(&self) -> PolicyHolder {
        if self.action.contains("Role") {
            PolicyHolder::Role
        } else if self.action.contains("User") {
            PolicyHolder::User
        } else {
            PolicyHolder::Group
        }
    }

    /// Authorizes a read call. Returns the policies of the entity.
    fn holder_policies(&self) -> Result<&PrincipalPolicies, AwsError> {
        match self.holder() {
            PolicyHolder::Role => Ok(&self.role()?.policies),
            PolicyHolder::User => Ok(&self.user()?.policies),
            PolicyHolder::Group => {
                let name = self.form.required("GroupName")?;
                self.authorize(&self.arn(&format!("group/{name}")), &format!("group {name}"))?;
                let group = self
                    .store
                    .account(&self.caller.account_key)
                    .and_then(|account| account.groups.get(name));
                let policies = group.map(|group| &group.policies);
                policies.ok_or_else(|| {
                    AwsError::no_such_entity(format!("The group with name {name} cannot be found."))
                })
            }
        }
    }

    /// Returns the type of the entity as parameters, quotas and messages name it.
    fn entity_type(&self) -> &'static str {
        match self.holder() {
            PolicyHolder::Role => "Role",
            PolicyHolder::User => "User",
            PolicyHolder::Group => "Group",
        }
    }

    /// Returns the name of the entity from the parameters.
    fn entity_name(&self) -> &str {
        self.form.get(&format!("{}Name", self.entity_type())).unwrap_or_default()
    }

    /// Changes the policies of the entity. The call must have been authorized before.
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

    /// Authorizes a call that changes the policies of the entity. `key` is the condition key of the
    /// action for the policy, and `value` its value.
    fn authorize_change(&self, key: &str, value: &str) -> Result<(), AwsError> {
        let account = self.store.account(&self.caller.account_key);
        let name = self.entity_name();
        let found = match self.holder() {
            PolicyHolder::Role => account
                .and_then(|account| account.roles.get(&name.to_ascii_lowercase()))
                .map(|role| (role_resource(role), role.policies.boundary.clone())),
            PolicyHolder::User => account
                .and_then(|account| account.users.get(name))
                .map(|user| (user_resource(user), user.policies.boundary.clone())),
            PolicyHolder::Group => None,
        };
        let kind = self.entity_type().to_ascii_lowercase();
        let is_missing = found.is_none();
        let (resource, boundary) = found.unwrap_or_else(|| (format!("{kind}/{name}"), None));
        self.authorize_with_context(&self.arn(&resource), &format!("{kind} {name}"), |context| {
            let context = boundary
                .into_iter()
                .fold(context, |context, arn| context.with("iam:PermissionsBoundary", arn));
            context.with(key, value)
        })?;
        if is_missing {
            return Err(AwsError::no_such_entity(format!(
                "The {kind} with name {name} cannot be found."
            )));
        }
        Ok(())
    }
}

/// Serves `ListAttachedRolePolicies`, and the same action for users and groups.
pub(super) fn list_attached(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    let (page, marker) = call.page(call.holder_policies()?.attached.iter().collect())?;
    let mut xml = Xml::default();
    xml.list("AttachedPolicies", page, |xml, arn| {
        let name = arn.rsplit('/').next().unwrap_or_default();
        xml.element("PolicyName", name).element("PolicyArn", arn);
    });
    write_paging(&mut xml, marker);
    Ok(xml)
}

/// Serves `ListRolePolicies`, and the same action for users and groups.
pub(super) fn list_inline(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    let (page, marker) = call.page(call.holder_policies()?.inline.keys().collect())?;
    let mut xml = Xml::default();
    xml.texts("PolicyNames", page);
    write_paging(&mut xml, marker);
    Ok(xml)
}

/// Serves `GetRolePolicy`, and the same action for users and groups.
pub(super) fn get_inline(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    let name = call.form.required("PolicyName")?;
    let found = call.holder_policies()?.inline.get(name);
    let kind = call.entity_type().to_ascii_lowercase();
    let policy = found.ok_or_else(|| {
        AwsError::no_such_entity(format!("The {kind} policy with name {name} cannot be found."))
    })?;
    let mut xml = Xml::default();
    xml.element(&format!("{}Name", call.entity_type()), call.entity_name())
        .element("PolicyName", name);
    xml.element("PolicyDocument", percent_encoded(&policy.raw));
    Ok(xml)
}

/// Serves `AttachRolePolicy`, and the same action for users. Succeeds if the policy is already
/// attached.
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
    let mut is_full = false;
    call.update_policies(|policies| {
        if !policies.attached.contains(&arn) {
            is_full = policies.attached.len() >= quota;
            if !is_full {
                policies.attached.push(arn);
            }
        }
    });
    if is_full {
        let message = format!("Cannot exceed quota for PoliciesPer{kind}: {quota}");
        return Err(AwsError::new(409, "LimitExceeded", message));
    }
    Ok(Xml::default())
}

/// Serves `DetachRolePolicy`, and the same action for users.
pub(super) fn detach(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let arn = call.form.required("PolicyArn")?.to_owned();
    call.authorize_change("iam:PolicyARN", &arn)?;
    let mut was_attached = false;
    call.update_policies(|policies| {
        was_attached = policies.attached.contains(&arn);
        policies.attached.retain(|attached| *attached != arn);
    });
    if was_attached {
        Ok(Xml::default())
    } else {
        Err(AwsError::no_such_entity(format!("Policy {arn} was not found.")))
    }
}

/// Serves `PutRolePolicy`, and the same action for users.
pub(super) fn put_inline(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let name = call.form.required("PolicyName")?.to_owned();
    let raw = call.form.required("PolicyDocument")?.to_owned();
    call.authorize_change("iam:PolicyName", &name)?;
    let malformed = |error| AwsError::new(400, "MalformedPolicyDocument", error);
    let policy = ParsedPolicy::parse(&raw, DocumentKind::Identity).map_err(malformed)?;
    check_document(&policy, call.caller.partition()).map_err(malformed)?;
    let quota = call.quota(&format!("{}PolicySizeQuota", call.entity_type()));
    if raw.chars().filter(|c| !c.is_whitespace()).count() > quota {
        return Err(AwsError::new(
            409,
            "LimitExceeded",
            format!("Maximum policy size of {quota} bytes exceeded"),
        ));
    }
    call.update_policies(|policies| drop(policies.inline.insert(name, policy)));
    Ok(Xml::default())
}

/// Serves `PutRolePermissionsBoundary`, and the same action for users.
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
