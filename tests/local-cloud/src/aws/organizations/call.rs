//! A call of Organizations: its caller, its permissions and its parameters.
use super::state::StoredOrganization;
use crate::aws::body::Body;
use crate::aws::caller::Caller;
use crate::aws::error::AwsError;
use crate::aws::store::Store;

/// An authenticated call of Organizations.
pub(super) struct OrganizationsCall<'a> {
    pub(super) store: &'a Store,
    pub(super) caller: &'a Caller,
    pub(super) operation: &'a str,
    pub(super) body: Body<'a>,
}

/// Returns the error for a parameter that is not valid.
pub(super) fn invalid_input(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidInputException", message)
}

/// Returns the error for a resource that does not exist. `resource` names it in the message.
pub(super) fn not_found(code: &'static str, resource: &str) -> AwsError {
    AwsError::new(400, code, format!("You specified {resource} that doesn't exist."))
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

    /// Returns the organization that the caller's account is in.
    ///
    /// # Errors
    /// AWS's error if the account is in no organization.
    pub(super) fn organization(&self) -> Result<&'a StoredOrganization, AwsError> {
        let found = self.store.organizations.get(self.caller.partition());
        let found =
            found.filter(|organization| organization.members.contains_key(self.caller.account()));
        found.ok_or_else(|| {
            let message = "Your account is not a member of an organization.";
            AwsError::new(400, "AWSOrganizationsNotInUseException", message)
        })
    }

    /// Returns the organization that the caller's account is in.
    ///
    /// # Errors
    /// AWS's error if the account is neither the management account nor a delegated administrator.
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

    /// Checks that the caller's policies allow the operation on the resource with this ARN.
    pub(super) fn authorize(&self, resource: &str) -> Result<(), AwsError> {
        let action = format!("organizations:{}", self.operation);
        let context = self.store.context(self.caller);
        self.store.authorize(self.caller, &action, resource, resource, &context)
    }

    /// Returns a parameter that must be present and not empty.
    pub(super) fn required(&self, name: &str) -> Result<&'a str, AwsError> {
        let found = self.body.string(name)?.filter(|text| !text.is_empty());
        found.ok_or_else(|| invalid_input(format!("You must provide a value for {name}.")))
    }

    /// Returns a parameter that must be an account id.
    pub(super) fn required_account_id(&self, name: &str) -> Result<&'a str, AwsError> {
        let id = self.required(name)?;
        let is_account_id = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
        is_account_id
            .then_some(id)
            .ok_or_else(|| invalid_input(format!("{name} must match ^\\d{{12}}$.")))
    }

    /// Returns the parameter `ParentId`, which must be the id of an existing root or OU.
    pub(super) fn required_parent(
        &self,
        organization: &StoredOrganization,
    ) -> Result<&'a str, AwsError> {
        let id = self.required("ParentId")?;
        if !id.starts_with("r-") && !id.starts_with("ou-") {
            return Err(invalid_input(
                "ParentId must be the id of a root or an organizational unit.",
            ));
        }
        if !organization.is_root_or_ou(id) {
            return Err(not_found("ParentNotFoundException", "a root or OU"));
        }
        Ok(id)
    }
}
