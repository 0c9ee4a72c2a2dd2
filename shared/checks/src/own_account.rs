//! Protects the roles of Gangway's own AWS account.
//!
//! Gangway reads the roles of its own AWS account with its own permissions. Without this check, a
//! report would describe any role of this account to any caller. Gangway checks a role of its own
//! account only if the tag `gangway:scopes` of the role lists the scope of the request.

use futures_util::future::try_join_all;
use gangway_model::{
    AccountId, FieldError, Outcome, PermissionProfile, RegistrationError, RoleArn, UpstreamError,
};

use crate::{
    Clients, RequiredPermissions, ScopedClient,
    iam::{iam_role, scope_tag},
};

/// Checks that the caller may use each role of Gangway's own AWS account. The tag `gangway:scopes`
/// of such a role must list the scope of the request. Roles of other AWS accounts are not checked.
/// Each role is paired with the JSON field of the request that contains its ARN.
///
/// # Errors
///
/// Returns [`RegistrationError::Invalid`] with one error for each role that the caller may not use.
/// A role that does not exist gives the same error.
pub async fn ensure_roles_allowed(
    roles: impl IntoIterator<Item = (&'static str, &RoleArn)>,
    function_account: Option<AccountId>,
    clients: &Clients,
    accounts: &ScopedClient<'_>,
) -> Result<(), RegistrationError> {
    let own_roles = roles.into_iter().filter(|(_, role)| function_account == Some(role.account()));
    let errors = try_join_all(own_roles.map(async |(field, role)| {
        let is_allowed = is_scope_allowed(role, clients, accounts).await?;
        Ok::<_, UpstreamError>((!is_allowed).then(|| scope_not_allowed_error(field, accounts)))
    }));
    let errors: Vec<_> = errors.await?.into_iter().flatten().collect();
    if errors.is_empty() { Ok(()) } else { Err(RegistrationError::Invalid(errors)) }
}

async fn is_scope_allowed(
    role: &RoleArn,
    clients: &Clients,
    accounts: &ScopedClient<'_>,
) -> Result<bool, UpstreamError> {
    let found_role = match iam_role::get_role(&clients.aws, role).await {
        // IAM finds a role by name and ignores the path. A role with another path is another role.
        Ok(found_role) if found_role.arn == role.as_str() => found_role,
        Ok(_) | Err(UpstreamError::NotFound { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    let required = RequiredPermissions {
        partition: clients.partition,
        profile: PermissionProfile::default(),
        documents: &[],
        region: &clients.cluster_region,
        policies: &[],
        require_scope_tag: true,
    };
    let finding = scope_tag::check(&found_role.tags, accounts, required).await?;
    Ok(matches!(finding.outcome, Outcome::Passed))
}

fn scope_not_allowed_error(field: &str, accounts: &ScopedClient<'_>) -> FieldError {
    let (tag, entry) = (scope_tag::TAG, scope_tag::tag_entry(accounts.scope()));
    FieldError::unprocessable(
        field,
        format_args!(
            "names a role of Gangway's own AWS account, which is checked only if its tag {tag} lists {entry}: let the owner of this account set the tag, or name a role of another account"
        ),
    )
}
