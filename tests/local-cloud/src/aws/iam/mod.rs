//! Fake IAM: calls the function of each action. Authorization and paging are the same for all
//! actions.
mod access_keys;
mod attachments;
mod change;
mod policies;
mod read;
mod roles;
mod simulate;
mod versions;

pub(crate) use change::{check_document, check_trust_policy};
pub use simulate::FalseDenial;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::caller::{Caller, PrincipalKind};
use super::error::AwsError;
use super::form::Form;
use super::policy::Context;
use super::store::{Store, StoredRole, StoredUser};
use super::xml::Xml;

/// Characters that RFC 3986 leaves unreserved.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An authenticated call of IAM.
pub(crate) struct IamCall<'a> {
    pub(crate) store: &'a mut Store,
    pub(crate) caller: &'a Caller,
    pub(crate) form: &'a Form,
    /// The name of the action, for example `GetRole`.
    pub(crate) action: &'a str,
}

/// Serves a call of IAM.
pub(crate) fn serve(
    store: &mut Store,
    caller: &Caller,
    action: &str,
    form: &Form,
) -> Result<Xml, AwsError> {
    let mut call = IamCall { store, caller, form, action };
    match action {
        "GetRole" => read::get_role(&mut call),
        "GetUser" => read::get_user(&call),
        "ListGroupsForUser" => read::list_groups_for_user(&call),
        "GetAccountSummary" => read::get_account_summary(&call),
        "ListAttachedRolePolicies" | "ListAttachedUserPolicies" | "ListAttachedGroupPolicies" => {
            attachments::list_attached(&call)
        }
        "ListRolePolicies" | "ListUserPolicies" | "ListGroupPolicies" => {
            attachments::list_inline(&call)
        }
        "GetRolePolicy" | "GetUserPolicy" | "GetGroupPolicy" => attachments::get_inline(&call),
        "AttachRolePolicy" | "AttachUserPolicy" => attachments::attach(&mut call),
        "DetachRolePolicy" | "DetachUserPolicy" => attachments::detach(&mut call),
        "PutRolePolicy" | "PutUserPolicy" => attachments::put_inline(&mut call),
        "PutRolePermissionsBoundary" | "PutUserPermissionsBoundary" => {
            attachments::put_boundary(&mut call)
        }
        "GetPolicy" => policies::get_policy(&mut call),
        "GetPolicyVersion" => policies::get_policy_version(&call),
        "ListPolicies" => policies::list_policies(&call),
        "ListPolicyVersions" => versions::list(&call),
        "CreatePolicyVersion" => versions::create(&mut call),
        "DeletePolicyVersion" => versions::delete(&mut call),
        "SetDefaultPolicyVersion" => versions::set_default(&mut call),
        "ListAccessKeys" => access_keys::list(&call),
        "GetAccessKeyLastUsed" => access_keys::get_last_use(&call),
        "CreateAccessKey" => access_keys::create(&mut call),
        "UpdateAccessKey" => access_keys::update(&mut call),
        "DeleteAccessKey" => access_keys::delete(&mut call),
        "SimulatePrincipalPolicy" => simulate::simulate_principal_policy(&call),
        "CreateRole" => roles::create_role(&mut call),
        "DeleteRole" => roles::delete_role(&mut call),
        "UpdateRole" => roles::update_role(&mut call),
        "UpdateAssumeRolePolicy" => roles::update_assume_role_policy(&mut call),
        "TagRole" => roles::tag_role(&mut call),
        "TagPolicy" => change::tag_policy(&mut call),
        "CreatePolicy" => change::create_policy(&mut call),
        "CreateUser" => change::create_user(&mut call),
        _ => Err(super::invalid_action(action, "2010-05-08")),
    }
}

impl IamCall<'_> {
    /// Checks that the caller's policies allow the action on a resource. The error message names
    /// the resource by `label`.
    pub(crate) fn authorize(&self, resource: &str, label: &str) -> Result<(), AwsError> {
        self.authorize_with_context(resource, label, |context| context)
    }

    /// Checks that the caller may tag the new resource with this ARN, if the call has tags.
    /// `action` is the IAM action for tagging.
    pub(crate) fn authorize_tags(&self, action: &str, arn: &str) -> Result<(), AwsError> {
        if self.form.tags().is_empty() {
            return Ok(());
        }
        self.store.authorize(self.caller, action, arn, arn, &self.store.context(self.caller))
    }

    /// Checks that the caller's policies allow the action on a resource. `add_keys` adds condition
    /// keys of the action. The error message names the resource by `label`.
    pub(crate) fn authorize_with_context(
        &self,
        resource: &str,
        label: &str,
        add_keys: impl FnOnce(Context) -> Context,
    ) -> Result<(), AwsError> {
        let context = add_keys(self.store.context(self.caller));
        self.store.authorize(
            self.caller,
            &format!("iam:{}", self.action),
            resource,
            label,
            &context,
        )
    }

    /// Returns the ARN of a resource in the caller's account:
    /// `arn:<partition>:iam::<account>:<resource>`.
    pub(crate) fn arn(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.caller.partition(), self.caller.account())
    }

    /// Authorizes the call. Returns the role that the parameter `RoleName` names.
    pub(crate) fn role(&self) -> Result<&StoredRole, AwsError> {
        let name = self.form.required("RoleName")?;
        let found = self
            .store
            .account(&self.caller.account_key)
            .and_then(|account| account.roles.get(&name.to_ascii_lowercase()));
        let arn = found.map_or_else(
            || self.arn(&format!("role/{name}")),
            |role| self.arn(&role_resource(role)),
        );
        let tags = found.map(|role| &role.tags);
        self.authorize_with_context(&arn, &format!("role {name}"), |mut context| {
            for (tag, value) in tags.into_iter().flatten() {
                context = context.with(&format!("aws:ResourceTag/{tag}"), value);
                context = context.with(&format!("iam:ResourceTag/{tag}"), value);
            }
            context
        })?;
        found.ok_or_else(|| {
            AwsError::no_such_entity(format!("The role with name {name} cannot be found."))
        })
    }

    /// Authorizes the call. Returns the user that the parameter `UserName` names. Some actions use
    /// the caller if the parameter is absent.
    pub(crate) fn user(&self) -> Result<&StoredUser, AwsError> {
        let caller_name = match &self.caller.kind {
            PrincipalKind::User(name) => Some(name.as_str()),
            PrincipalKind::Root | PrincipalKind::Session { .. } => None,
        };
        let is_optional = matches!(
            self.action,
            "GetUser"
                | "ListAccessKeys"
                | "CreateAccessKey"
                | "UpdateAccessKey"
                | "DeleteAccessKey"
        );
        let name = match (self.form.get("UserName"), caller_name) {
            (None, Some(caller_name)) if is_optional => caller_name,
            (None, None) if is_optional => {
                return Err(AwsError::validation(
                    "Must specify userName when calling with non-User credentials",
                ));
            }
            _ => self.form.required("UserName")?,
        };
        let found = self
            .store
            .account(&self.caller.account_key)
            .and_then(|account| account.users.get(name));
        let arn = found.map_or_else(
            || self.arn(&format!("user/{name}")),
            |user| self.arn(&user_resource(user)),
        );
        self.authorize(&arn, &format!("user {name}"))?;
        found.ok_or_else(|| {
            AwsError::no_such_entity(format!("The user with name {name} cannot be found."))
        })
    }

    /// Returns the page of a list that the parameters `MaxItems` and `Marker` ask for, and the
    /// marker of the next page.
    pub(crate) fn page<T>(&self, all: Vec<T>) -> Result<(Vec<T>, Option<String>), AwsError> {
        let size = self.form.integer("MaxItems", 1..=1000)?.unwrap_or(100);
        let size = usize::try_from(size).unwrap_or(100);
        let start = match self.form.get("Marker") {
            None => 0,
            Some(marker) => marker
                .strip_prefix("AAJpZGVu")
                .and_then(|rest| usize::from_str_radix(rest, 16).ok())
                .ok_or_else(|| AwsError::validation("Invalid Marker."))?,
        };
        let next = start + size;
        let marker = (all.len() > next).then(|| format!("AAJpZGVu{next:08x}"));
        Ok((all.into_iter().skip(start).take(size).collect(), marker))
    }
}

/// Adds `IsTruncated` and `Marker` to a response. `marker` is that of the next page, if there is
/// one.
pub(crate) fn write_paging(xml: &mut Xml, marker: Option<String>) {
    xml.element("IsTruncated", marker.is_some()).optional_element("Marker", marker);
}

/// Encodes a policy document as IAM returns it.
pub(crate) fn percent_encoded(document: &str) -> String {
    utf8_percent_encode(document, &UNRESERVED).to_string()
}

/// Returns the last part of a role's ARN: `role/<path>/<name>`.
pub(crate) fn role_resource(role: &StoredRole) -> String {
    format!("role{}{}", role.path, role.name)
}

/// Returns the last part of a user's ARN: `user/<path>/<name>`.
pub(crate) fn user_resource(user: &StoredUser) -> String {
    format!("user{}{}", user.path, user.name)
}
