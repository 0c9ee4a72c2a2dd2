//! Checks that the owner of an AWS account allows its registration in the scope of the request.
//!
//! The owner lists the allowed scopes in the tag `gangway:scopes` of the role or user that Palette
//! uses. The external id cannot replace the tag: it is the same for all projects of a tenant.

use std::collections::BTreeMap;

use gangway_aws::{AwsSession, Inaccessible, Observed, Principal};
use gangway_model::{Finding, RoleArn, Scope, Uid, UpstreamError};

use super::iam_role::IamRole;
use crate::{RequiredPermissions, ScopedClient, catalogue::iam::ROLE_SCOPE_ALLOWED};

/// The key of the tag that lists the allowed scopes.
pub const TAG: &str = "gangway:scopes";

/// The entry of the tag that allows the scope of the tenant.
const TENANT: &str = "tenant";

/// The tags of an IAM role or user.
type Tags = BTreeMap<String, String>;

/// Returns the finding of a tag that cannot be read: *failed* if this deployment requires the tag,
/// otherwise *unverified*. *Failed* prevents that any caller registers a role that Gangway cannot
/// read.
pub fn unverified_finding(
    reason: &str,
    remedy: &str,
    required: RequiredPermissions<'_>,
) -> Finding {
    if required.require_scope_tag {
        let observed = format!("{reason}, and this deployment requires the tag {TAG}");
        ROLE_SCOPE_ALLOWED.failed(observed, remedy)
    } else {
        ROLE_SCOPE_ALLOWED.unverified(reason, remedy)
    }
}

/// Checks the tags of a role. `read` is the result of [`super::iam_role::get_role`].
///
/// # Errors
///
/// Returns an error if Palette could not be called. A role that could not be read is a finding.
pub async fn check_role(
    read: &Result<IamRole, UpstreamError>,
    wanted: &RoleArn,
    accounts: &ScopedClient<'_>,
    required: RequiredPermissions<'_>,
) -> Result<Finding, UpstreamError> {
    match read {
        Ok(role) if role.arn == wanted.as_str() => check(&role.tags, accounts, required).await,
        Err(UpstreamError::NotFound { .. }) => {
            Ok(ROLE_SCOPE_ALLOWED.not_applicable("there is no role"))
        }
        Ok(_) | Err(_) => Ok(unverified_finding(
            "the role could not be read",
            "fix check iam.role-exists first",
            required,
        )),
    }
}

/// Checks the observed tags of a role.
///
/// # Errors
///
/// Returns an error if Palette could not be called.
pub async fn check_observed(
    tags: Observed<&Tags>,
    accounts: &ScopedClient<'_>,
    required: RequiredPermissions<'_>,
) -> Result<Finding, UpstreamError> {
    match tags {
        Observed::Present(tags) => check(tags, accounts, required).await,
        Observed::Absent => Ok(ROLE_SCOPE_ALLOWED.not_applicable("there is no role")),
        Observed::Inaccessible(Inaccessible { reason, remedy, .. }) => {
            Ok(unverified_finding(&reason, &remedy, required))
        }
    }
}

/// Reads and checks the tags of the IAM user that the session `aws` belongs to.
///
/// # Errors
///
/// Returns an error if IAM or Palette could not be called. A missing permission is a finding.
pub async fn check_user(
    aws: &AwsSession,
    principal: &Principal,
    accounts: &ScopedClient<'_>,
    required: RequiredPermissions<'_>,
) -> Result<Finding, UpstreamError> {
    let Principal::User { name, .. } = principal else {
        return Ok(unverified_finding(
            "the keys do not belong to an IAM user",
            "fix check aws.identity-is-user first",
            required,
        ));
    };
    let call = AwsSession::iam_api_call("iam:GetUser", "such user");
    let user = aws.iam().get_user().user_name(name).send().await;
    match user.map_err(|error| call.to_upstream_error(&error)) {
        Ok(response) => {
            let tags = response.user.and_then(|user| user.tags).unwrap_or_default();
            let tags = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
            check(&tags, accounts, required).await
        }
        Err(error) if error.is_refusal() => Ok(unverified_finding(
            "the user is not allowed to read its own tags",
            &format!("allow iam:GetUser to user {name} on itself"),
            required,
        )),
        Err(UpstreamError::Throttled { .. }) => {
            Ok(unverified_finding("IAM throttled the request", "validate again later", required))
        }
        Err(error) => Err(error),
    }
}

/// Checks that the tag `gangway:scopes` lists the scope. A project is listed by its uid or by its
/// name. Calls Palette for the name of the project only if the tag does not list the uid.
///
/// # Errors
///
/// Returns an error if Palette could not be called. A missing permission is a finding.
pub async fn check(
    tags: &Tags,
    accounts: &ScopedClient<'_>,
    required: RequiredPermissions<'_>,
) -> Result<Finding, UpstreamError> {
    let scope = scope_label(accounts.scope());
    // Tag keys of IAM are not case-sensitive.
    let Some(entries) = tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(TAG)) else {
        return Ok(if required.require_scope_tag {
            ROLE_SCOPE_ALLOWED.failed(
                format!("there is no tag {TAG}, and this deployment requires it"),
                remedy(accounts.scope()),
            )
        } else {
            ROLE_SCOPE_ALLOWED
                .passed(format!("there is no tag {TAG}, so every scope is allowed, {scope} too"))
        });
    };
    let entries: Vec<&str> = split_entries(entries.1).collect();
    let is_allowed = match accounts.scope() {
        Scope::Tenant => entries.contains(&TENANT),
        Scope::Project(uid) if entries.contains(&uid.as_str()) => true,
        // An entry that is not a uid may be the project's name.
        Scope::Project(_) if entries.iter().all(|entry| *entry == TENANT) => false,
        Scope::Project(uid) => match accounts.project_name().await {
            Ok(Some(name)) => name != TENANT && entries.contains(&name.as_str()),
            Ok(None) => return Ok(unknown_project_name_finding(uid, required)),
            Err(error) if error.is_refusal() => {
                return Ok(unknown_project_name_finding(uid, required));
            }
            Err(error) => return Err(error),
        },
    };
    Ok(if is_allowed {
        ROLE_SCOPE_ALLOWED.passed(format!("tag {TAG} lists {scope}"))
    } else {
        ROLE_SCOPE_ALLOWED
            .failed(format!("tag {TAG} does not list {scope}"), remedy(accounts.scope()))
    })
}

fn unknown_project_name_finding(uid: &Uid, required: RequiredPermissions<'_>) -> Finding {
    unverified_finding(
        &format!("Palette does not show the name of project {uid} to this API key"),
        &format!("list the uid in tag {TAG}, or let the API key list projects"),
        required,
    )
}

fn scope_label(scope: &Scope) -> String {
    match scope {
        Scope::Tenant => "the tenant".to_owned(),
        Scope::Project(uid) => format!("project {uid}"),
    }
}

/// Returns the entry of the tag that allows the scope.
pub fn tag_entry(scope: &Scope) -> &str {
    match scope {
        Scope::Tenant => TENANT,
        Scope::Project(uid) => uid.as_str(),
    }
}

fn remedy(scope: &Scope) -> String {
    let entry = tag_entry(scope);
    format!(
        "let the owner of the AWS account add {entry} to tag {TAG} of the role or user, or use a scope that it lists"
    )
}

/// Splits the value of the tag into entries, at spaces and commas. IAM allows no comma in the value
/// of a tag, but files with tags contain commas.
fn split_entries(value: &str) -> impl Iterator<Item = &str> {
    value.split([' ', ',']).filter(|entry| !entry.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_the_tag_are_separated_by_spaces_or_commas() {
        for (value, entries) in [
            ("", &[][..]),
            ("tenant", &["tenant"]),
            ("payments  5f0c1a2b3c4d5e6f70818293 ", &["payments", "5f0c1a2b3c4d5e6f70818293"]),
            (", payments,tenant", &["payments", "tenant"]),
        ] {
            assert_eq!(split_entries(value).collect::<Vec<_>>(), entries, "{value}");
        }
    }
}
