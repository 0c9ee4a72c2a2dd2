//! One call: who may make it, and what it is about.
use super::state::Organization;
use crate::aws::body::Body;
use crate::aws::caller::Caller;
use crate::aws::refusal::AwsError;
use crate::aws::store::Store;

/// A call under way.
pub(super) struct OrganizationsCall<'a> {
    pub(super) store: &'a Store,
    pub(super) caller: &'a Caller,
    pub(super) operation: &'a str,
    pub(super) body: Body<'a>,
}

pub(super) fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidInputException", message)
}

pub(super) fn not_found(code: &'static str, what: &str) -> AwsError {
    AwsError::new(400, code, format!("You specified {what} that doesn't exist."))
}

impl<'a> OrganizationsCall<'a> {
    pub(super) fn new(
        store: &'a mut Store,
        caller: &'a Caller,
        operation: &'a str,
        body: Body<'a>,
    ) -> OrganizationsCall<'a> {
        OrganizationsCall { store, caller, operation, body }
    }

    /// The caller's organization, whatever its part in it.
    pub(super) fn organization(&self) -> Result<&'a Organization, AwsError> {
        let found = self.store.organizations.get(self.caller.partition());
        let found = found.filter(|all| all.members.contains_key(self.caller.account()));
        found.ok_or_else(|| {
            let message = "Your account is not a member of an organization.";
            AwsError::new(400, "AWSOrganizationsNotInUseException", message)
        })
    }

    /// The caller's organization, for those who may ask about all of it.
    pub(super) fn administered_organization(&self) -> Result<&'a Organization, AwsError> {
        let organization = self.organization()?;
        let account = self.caller.account();
        if account == organization.management || organization.delegates.contains(account) {
            Ok(organization)
        } else {
            let message = "You don't have permissions to access this resource.";
            Err(AwsError::new(400, "AccessDeniedException", message))
        }
    }

    /// Whether the caller's own policies let it.
    pub(super) fn authorize(&self, resource: &str) -> Result<(), AwsError> {
        let action = format!("organizations:{}", self.operation);
        let context = self.store.context(self.caller);
        self.store.authorize(self.caller, &action, resource, resource, &context)
    }

    /// A member that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&'a str, AwsError> {
        let found = self.body.text(name)?.filter(|text| !text.is_empty());
        found.ok_or_else(|| invalid(format!("You must provide a value for {name}.")))
    }

    /// An account id that is one.
    pub(super) fn account_id(&self, name: &str) -> Result<&'a str, AwsError> {
        let id = self.required(name)?;
        let digits = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
        digits.then_some(id).ok_or_else(|| invalid(format!("{name} must match ^\\d{{12}}$.")))
    }

    /// The id of a root or an organizational unit that exists.
    pub(super) fn parent(&self, organization: &Organization) -> Result<&'a str, AwsError> {
        let id = self.required("ParentId")?;
        if !id.starts_with("r-") && !id.starts_with("ou-") {
            return Err(invalid("ParentId must be the id of a root or an organizational unit."));
        }
        if !organization.has_parent(id) {
            return Err(not_found("ParentNotFoundException", "a root or OU"));
        }
        Ok(id)
    }
}
