//! IAM: which action goes where, and what all actions share.
mod attach;
mod change;
mod documents;
mod keys;
mod read;
mod roles;
mod simulate;
mod versions;

pub(crate) use change::{check_document, check_trust};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::caller::{Caller, Who};
use super::form::Form;
use super::policy::Context;
use super::refusal::Refusal;
use super::store::{Role, Store, User};
use super::xml::Xml;

/// What RFC 3986 leaves as it is.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A call under way.
pub(crate) struct Call<'a> {
    pub(crate) store: &'a mut Store,
    pub(crate) caller: &'a Caller,
    pub(crate) form: &'a Form,
    pub(crate) action: &'a str,
}

pub(crate) fn serve(
    store: &mut Store,
    caller: &Caller,
    action: &str,
    form: &Form,
) -> Result<Xml, Refusal> {
    let mut call = Call { store, caller, form, action };
    match action {
        "GetRole" => read::role(&mut call),
        "GetUser" => read::user(&call),
        "ListGroupsForUser" => read::groups(&call),
        "GetAccountSummary" => read::summary(&call),
        "ListAttachedRolePolicies" | "ListAttachedUserPolicies" | "ListAttachedGroupPolicies" => {
            attach::list(&call)
        }
        "ListRolePolicies" | "ListUserPolicies" | "ListGroupPolicies" => attach::list_inline(&call),
        "GetRolePolicy" | "GetUserPolicy" | "GetGroupPolicy" => attach::inline(&call),
        "AttachRolePolicy" | "AttachUserPolicy" => attach::attach(&mut call),
        "DetachRolePolicy" | "DetachUserPolicy" => attach::detach(&mut call),
        "PutRolePolicy" | "PutUserPolicy" => attach::put_inline(&mut call),
        "PutRolePermissionsBoundary" | "PutUserPermissionsBoundary" => attach::bound(&mut call),
        "GetPolicy" => documents::policy(&mut call),
        "GetPolicyVersion" => documents::version(&call),
        "ListPolicies" => documents::list(&call),
        "ListPolicyVersions" => versions::list(&call),
        "CreatePolicyVersion" => versions::create(&mut call),
        "DeletePolicyVersion" => versions::delete(&mut call),
        "SetDefaultPolicyVersion" => versions::set_default(&mut call),
        "ListAccessKeys" => keys::list(&call),
        "GetAccessKeyLastUsed" => keys::last_used(&call),
        "CreateAccessKey" => keys::create(&mut call),
        "UpdateAccessKey" => keys::update(&mut call),
        "DeleteAccessKey" => keys::delete(&mut call),
        "SimulatePrincipalPolicy" => simulate::principal(&call),
        "CreateRole" => roles::create_role(&mut call),
        "DeleteRole" => roles::delete_role(&mut call),
        "UpdateRole" => roles::update_role(&mut call),
        "UpdateAssumeRolePolicy" => roles::update_trust(&mut call),
        "TagRole" => roles::tag_role(&mut call),
        "TagPolicy" => change::tag_policy(&mut call),
        "CreatePolicy" => change::create_policy(&mut call),
        "CreateUser" => change::create_user(&mut call),
        _ => Err(super::no_action(action, "2010-05-08")),
    }
}

impl Call<'_> {
    /// Lets the caller do this to a resource of its account, or refuses.
    pub(crate) fn allow(&self, resource: &str, label: &str) -> Result<(), Refusal> {
        self.allow_with(resource, label, |context| context)
    }

    /// Whether the caller may tag what it makes, where it does.
    pub(crate) fn allow_tags(&self, action: &str, arn: &str) -> Result<(), Refusal> {
        if self.form.tags().is_empty() {
            return Ok(());
        }
        self.store.authorize(self.caller, action, arn, arn, &self.store.context(self.caller))
    }

    pub(crate) fn allow_with(
        &self,
        resource: &str,
        label: &str,
        more: impl FnOnce(Context) -> Context,
    ) -> Result<(), Refusal> {
        let context = more(self.store.context(self.caller));
        self.store.authorize(
            self.caller,
            &format!("iam:{}", self.action),
            resource,
            label,
            &context,
        )
    }

    /// `arn:…:iam::<account>:<rest>`
    pub(crate) fn arn(&self, rest: &str) -> String {
        format!("arn:{}:iam::{}:{rest}", self.caller.partition(), self.caller.account())
    }

    /// The role that a parameter names, after the caller was let through to it.
    pub(crate) fn role(&self) -> Result<&Role, Refusal> {
        let name = self.form.need("RoleName")?;
        let found = self
            .store
            .account(&self.caller.home)
            .and_then(|all| all.roles.get(&name.to_ascii_lowercase()));
        let arn = found.map_or_else(
            || self.arn(&format!("role/{name}")),
            |role| self.arn(&role_resource(role)),
        );
        let tags = found.map(|role| &role.tags);
        self.allow_with(&arn, &format!("role {name}"), |mut context| {
            for (tag, value) in tags.into_iter().flatten() {
                context = context.with(&format!("aws:ResourceTag/{tag}"), value);
                context = context.with(&format!("iam:ResourceTag/{tag}"), value);
            }
            context
        })?;
        found.ok_or_else(|| Refusal::missing(format!("The role with name {name} cannot be found.")))
    }

    /// The user that a parameter names, or the caller itself where it may be left out.
    pub(crate) fn user(&self) -> Result<&User, Refusal> {
        let own = match &self.caller.who {
            Who::User(name) => Some(name.as_str()),
            Who::Root | Who::Session { .. } => None,
        };
        let optional = matches!(
            self.action,
            "GetUser"
                | "ListAccessKeys"
                | "CreateAccessKey"
                | "UpdateAccessKey"
                | "DeleteAccessKey"
        );
        let name = match (self.form.get("UserName"), own) {
            (None, Some(own)) if optional => own,
            (None, None) if optional => {
                return Err(Refusal::validation(
                    "Must specify userName when calling with non-User credentials",
                ));
            }
            _ => self.form.need("UserName")?,
        };
        let found = self.store.account(&self.caller.home).and_then(|all| all.users.get(name));
        let arn = found.map_or_else(
            || self.arn(&format!("user/{name}")),
            |user| self.arn(&user_resource(user)),
        );
        self.allow(&arn, &format!("user {name}"))?;
        found.ok_or_else(|| Refusal::missing(format!("The user with name {name} cannot be found.")))
    }

    /// One page of what there is, by `MaxItems` and `Marker`; the marker of the next page.
    pub(crate) fn page<T>(&self, all: Vec<T>) -> Result<(Vec<T>, Option<String>), Refusal> {
        let size = self.form.number("MaxItems", 1..=1000)?.unwrap_or(100);
        let size = usize::try_from(size).unwrap_or(100);
        let from = match self.form.get("Marker") {
            None => 0,
            Some(marker) => marker
                .strip_prefix("AAJpZGVu")
                .and_then(|rest| usize::from_str_radix(rest, 16).ok())
                .ok_or_else(|| Refusal::validation("Invalid Marker."))?,
        };
        let next = from + size;
        let marker = (all.len() > next).then(|| format!("AAJpZGVu{next:08x}"));
        Ok((all.into_iter().skip(from).take(size).collect(), marker))
    }
}

/// The end of a paged answer.
pub(crate) fn paging(xml: &mut Xml, marker: Option<String>) {
    xml.leaf("IsTruncated", marker.is_some()).maybe("Marker", marker);
}

/// A document as IAM writes it into an answer.
pub(crate) fn encoded(document: &str) -> String {
    utf8_percent_encode(document, &UNRESERVED).to_string()
}

pub(crate) fn role_resource(role: &Role) -> String {
    format!("role{}{}", role.path, role.name)
}

pub(crate) fn user_resource(user: &User) -> String {
    format!("user{}{}", user.path, user.name)
}
