//! Roles of Gangway's own AWS account.
//!
//! Gangway reads them with its own permissions, so a report would tell each caller about each role of this
//! account. A report exists only if the owner lets the scope use the role, by the tag `gangway:scopes`.

use futures_util::future::try_join_all;
use gangway_model::{
    AccountId, FieldError, Outcome, PermissionProfile, RegistrationError, RoleArn, UpstreamError,
};

use crate::{
    Clients, RequiredPermissions, ScopedClient,
    iam::{iam_role, scope_tag},
};

/// Checks that each of these roles is in another AWS account than the function, or that its tag lists the
/// scope. Each role comes with the field that names it.
///
/// # Errors
///
/// `Invalid` with an error for each role without the tag. A role that does not exist has the same error.
pub async fn ensure_roles_allowed(
    roles: impl IntoIterator<Item = (&'static str, &RoleArn)>,
    function_account: Option<AccountId>,
    clients: &Clients,
    accounts: &ScopedClient<'_>,
) -> Result<(), RegistrationError> {
    let own = roles.into_iter().filter(|(_, role)| function_account == Some(role.account()));
    let errors = try_join_all(own.map(async |(field, role)| {
        let allowed = is_allowed(role, clients, accounts).await?;
        Ok::<_, UpstreamError>((!allowed).then(|| not_allowed(field, accounts)))
    }));
    let errors: Vec<_> = errors.await?.into_iter().flatten().collect();
    if errors.is_empty() { Ok(()) } else { Err(RegistrationError::Invalid(errors)) }
}

async fn is_allowed(
    role: &RoleArn,
    clients: &Clients,
    accounts: &ScopedClient<'_>,
) -> Result<bool, UpstreamError> {
    let found = match iam_role::get_role(&clients.aws, role).await {
        // IAM finds a role by its name alone. With another path it is another role.
        Ok(found) if found.arn == role.as_str() => found,
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
    let finding = scope_tag::check(&found.tags, accounts, required).await?;
    Ok(matches!(finding.outcome, Outcome::Passed))
}

fn not_allowed(field: &str, accounts: &ScopedClient<'_>) -> FieldError {
    let (tag, entry) = (scope_tag::TAG, scope_tag::entry(accounts.scope()));
    FieldError::unprocessable(
        field,
        format_args!(
            "names a role of Gangway's own AWS account, which is checked only if its tag {tag} lists {entry}: let the owner of this account set the tag, or name a role of another account"
        ),
    )
}
