//! Context of one Organizations call: caller, permissions and parameters.
use super::state::StoredOrganization;
use crate::aws::body::Body;
use crate::aws::caller::Caller;
use crate::aws::error::AwsError;
use crate::aws::store::Store;

/// One authenticated call.
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

    /// Returns the organization that the caller belongs to.
    pub(super) fn organization(&self) -> Result<&'a StoredOrganization, AwsError> {
        let found = self.store.organizations.get(self.caller.partition());
        let found = found.filter(|all| all.members.contains_key(self.caller.account()));
        found.ok_or_else(|| {
            let message = "Your account is not a member of an organization.";
            AwsError::new(400, "AWSOrganizationsNotInUseException", message)
        })
    }

    /// Returns the caller's organization if the caller is the management account or a delegated
    /// administrator.
    pub(super) fn administered_organization(&self) -> Result<&'a StoredOrganization, AwsError> {
        let organization = self.organization()?;
        let account = self.caller.account();
        if account == organization.management
            || organization.delegated_administrators.contains(account)
        {
            Ok(organization)
        } else {
            let message = "You don't have permissions to access this resource.";
            Err(AwsError::new(400, "AccessDeniedException", message))
        }
    }

    /// Returns an error unless the caller's policies allow the call.
    pub(super) fn authorize(&self, resource: &str) -> Result<(), AwsError> {
        let action = format!("organizations:{}", self.operation);
        let context = self.store.context(self.caller);
        self.store.authorize(self.caller, &action, resource, resource, &context)
    }

    /// Returns a parameter that must be present and not empty.
    pub(super) fn required(&self, name: &str) -> Result<&'a str, AwsError> {
        let found = self.body.string(name)?.filter(|text| !text.is_empty());
        found.ok_or_else(|| invalid(format!("You must provide a value for {name}.")))
    }

    /// Returns a parameter that must be an account id.
    pub(super) fn required_account_id(&self, name: &str) -> Result<&'a str, AwsError> {
        let id = self.required(name)?;
        let digits = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
        digits.then_some(id).ok_or_else(|| invalid(format!("{name} must match ^\\d{{12}}$.")))
    }

    /// Returns `ParentId`, which must be an existing root or OU.
    pub(super) fn required_parent(
        &self,
        organization: &StoredOrganization,
    ) -> Result<&'a str, AwsError> {
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
