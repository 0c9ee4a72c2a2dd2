//! What is attached to a role, user or group: managed policies, inline policies, a boundary.
use super::{Call, check_document, encoded, paging, role_resource, user_resource};
use crate::aws::policy::Kind;
use crate::aws::refusal::Refusal;
use crate::aws::store::{Grants, Text};
use crate::aws::xml::Xml;

/// Whose grants an action is about, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    Role,
    User,
    Group,
}

impl Call<'_> {
    fn holder(&self) -> Holder {
        if self.action.contains("Role") {
            Holder::Role
        } else if self.action.contains("User") {
            Holder::User
        } else {
            Holder::Group
        }
    }

    /// The grants an action is about, after the caller was let through to them.
    fn grants(&self) -> Result<&Grants, Refusal> {
        match self.holder() {
            Holder::Role => Ok(&self.role()?.grants),
            Holder::User => Ok(&self.user()?.grants),
            Holder::Group => {
                let name = self.form.need("GroupName")?;
                self.allow(&self.arn(&format!("group/{name}")), &format!("group {name}"))?;
                let found = self
                    .store
                    .account(&self.caller.home)
                    .and_then(|account| account.groups.get(name));
                let found = found.map(|group| &group.grants);
                found.ok_or_else(|| {
                    Refusal::missing(format!("The group with name {name} cannot be found."))
                })
            }
        }
    }

    /// Name in messages and quotas.
    fn kind(&self) -> &'static str {
        match self.holder() {
            Holder::Role => "Role",
            Holder::User => "User",
            Holder::Group => "Group",
        }
    }

    fn name(&self) -> &str {
        self.form.get(&format!("{}Name", self.kind())).unwrap_or_default()
    }

    /// Changes grants that `allow_change` has let the caller through to.
    fn change(&mut self, change: impl FnOnce(&mut Grants)) {
        let (holder, name) = (self.holder(), self.name().to_owned());
        let account = self.store.account_mut(&self.caller.home);
        let grants = match holder {
            Holder::Role => {
                account.roles.get_mut(&name.to_ascii_lowercase()).map(|role| &mut role.grants)
            }
            Holder::User => account.users.get_mut(&name).map(|user| &mut user.grants),
            Holder::Group => account.groups.get_mut(&name).map(|group| &mut group.grants),
        };
        if let Some(grants) = grants {
            change(grants);
        }
    }

    /// Lets the caller change grants, with the condition keys that guard attachment.
    fn allow_change(&self, key: &str, arn: &str) -> Result<(), Refusal> {
        let account = self.store.account(&self.caller.home);
        let name = self.name();
        let found = match self.holder() {
            Holder::Role => account
                .and_then(|all| all.roles.get(&name.to_ascii_lowercase()))
                .map(|role| (role_resource(role), role.grants.boundary.clone())),
            Holder::User => account
                .and_then(|all| all.users.get(name))
                .map(|user| (user_resource(user), user.grants.boundary.clone())),
            Holder::Group => None,
        };
        let kind = self.kind().to_ascii_lowercase();
        let missing = found.is_none();
        let (resource, boundary) = found.unwrap_or_else(|| (format!("{kind}/{name}"), None));
        self.allow_with(&self.arn(&resource), &format!("{kind} {name}"), |context| {
            let context = boundary
                .into_iter()
                .fold(context, |all, arn| all.with("iam:PermissionsBoundary", arn));
            context.with(key, arn)
        })?;
        if missing {
            return Err(Refusal::missing(format!("The {kind} with name {name} cannot be found.")));
        }
        Ok(())
    }
}

pub(super) fn list(call: &Call<'_>) -> Result<Xml, Refusal> {
    let (page, marker) = call.page(call.grants()?.attached.iter().collect())?;
    let mut xml = Xml::default();
    xml.list("AttachedPolicies", page, |xml, arn| {
        let name = arn.rsplit('/').next().unwrap_or_default();
        xml.leaf("PolicyName", name).leaf("PolicyArn", arn);
    });
    paging(&mut xml, marker);
    Ok(xml)
}

pub(super) fn list_inline(call: &Call<'_>) -> Result<Xml, Refusal> {
    let (page, marker) = call.page(call.grants()?.inline.keys().collect())?;
    let mut xml = Xml::default();
    xml.texts("PolicyNames", page);
    paging(&mut xml, marker);
    Ok(xml)
}

pub(super) fn inline(call: &Call<'_>) -> Result<Xml, Refusal> {
    let name = call.form.need("PolicyName")?;
    let found = call.grants()?.inline.get(name);
    let kind = call.kind().to_ascii_lowercase();
    let text = found.ok_or_else(|| {
        Refusal::missing(format!("The {kind} policy with name {name} cannot be found."))
    })?;
    let mut xml = Xml::default();
    xml.leaf(&format!("{}Name", call.kind()), call.name()).leaf("PolicyName", name);
    xml.leaf("PolicyDocument", encoded(&text.raw));
    Ok(xml)
}

/// Attaching twice is attaching once.
pub(super) fn attach(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let arn = call.form.need("PolicyArn")?.to_owned();
    call.allow_change("iam:PolicyARN", &arn)?;
    if !call.sees(&arn) {
        return Err(Refusal::missing(format!("Policy {arn} does not exist or is not attachable.")));
    }
    let quota = call.quota(&format!("AttachedPoliciesPer{}Quota", call.kind()));
    let kind = call.kind();
    let mut full = false;
    call.change(|grants| {
        if !grants.attached.contains(&arn) {
            full = grants.attached.len() >= quota;
            if !full {
                grants.attached.push(arn);
            }
        }
    });
    if full {
        let message = format!("Cannot exceed quota for PoliciesPer{kind}: {quota}");
        return Err(Refusal::new(409, "LimitExceeded", message));
    }
    Ok(Xml::default())
}

pub(super) fn detach(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let arn = call.form.need("PolicyArn")?.to_owned();
    call.allow_change("iam:PolicyARN", &arn)?;
    let mut found = false;
    call.change(|grants| {
        found = grants.attached.contains(&arn);
        grants.attached.retain(|one| *one != arn);
    });
    if found {
        Ok(Xml::default())
    } else {
        Err(Refusal::missing(format!("Policy {arn} was not found.")))
    }
}

pub(super) fn put_inline(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let name = call.form.need("PolicyName")?.to_owned();
    let raw = call.form.need("PolicyDocument")?.to_owned();
    call.allow_change("iam:PolicyName", &name)?;
    let malformed = |fault| Refusal::new(400, "MalformedPolicyDocument", fault);
    let text = Text::read(&raw, Kind::Identity).map_err(malformed)?;
    check_document(&text, call.caller.partition()).map_err(malformed)?;
    let quota = call.quota(&format!("{}PolicySizeQuota", call.kind()));
    if raw.chars().filter(|c| !c.is_whitespace()).count() > quota {
        return Err(Refusal::new(
            409,
            "LimitExceeded",
            format!("Maximum policy size of {quota} bytes exceeded"),
        ));
    }
    call.change(|grants| drop(grants.inline.insert(name, text)));
    Ok(Xml::default())
}

pub(super) fn bound(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let arn = call.form.need("PermissionsBoundary")?.to_owned();
    call.allow_change("iam:PermissionsBoundary", &arn)?;
    if !call.sees(&arn) {
        return Err(Refusal::missing(format!("Policy {arn} does not exist or is not attachable.")));
    }
    call.change(|grants| grants.boundary = Some(arn));
    Ok(Xml::default())
}
