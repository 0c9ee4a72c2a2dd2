//! Checks the age and the status of an access key.

use crate::catalogue::iam::KEY_AGE;
use std::time::{Duration, SystemTime};

use aws_sdk_iam::types::{AccessKeyMetadata, StatusType};
use gangway_http::clock;
use gangway_model::{Finding, UpstreamError};

use gangway_aws::{
    AwsSession, Principal,
    error::{AwsErrorKind, error_code},
};

use super::attached_policies::refusal_remedy;

/// The maximum age of an access key that AWS and the CIS benchmark recommend.
const MAX_KEY_AGE: Duration = Duration::from_hours(90 * 24);

/// Returns the *unverified* finding of an access key that cannot be checked.
pub fn unverified_finding(reason: &str, remedy: &str) -> Finding {
    KEY_AGE.unverified(reason, remedy)
}

/// The result of `iam:ListAccessKeys`.
enum KeyLookup {
    Listed(Vec<AccessKeyMetadata>),
    AccessDenied,
    Throttled,
    /// IAM refused the call for another reason. The value is the error code.
    Refused(String),
}

/// Checks the age and the status of the access key that the session `aws` uses.
///
/// # Errors
///
/// Returns an error if IAM could not be called. A missing permission is an *unverified* finding.
pub async fn check_key_age(
    aws: &AwsSession,
    principal: &Principal,
) -> Result<Finding, UpstreamError> {
    let Principal::User { name, .. } = principal else {
        return Ok(KEY_AGE.not_applicable("a role has no access keys"));
    };
    let Some(id) = aws.key_id() else {
        return Ok(KEY_AGE.not_applicable("the session has no access key id"));
    };
    Ok(lookup_finding(name, id, &list_keys(aws, name).await?, clock::now()))
}

async fn list_keys(aws: &AwsSession, user: &str) -> Result<KeyLookup, UpstreamError> {
    let error = match aws.iam().list_access_keys().user_name(user).send().await {
        Ok(response) => return Ok(KeyLookup::Listed(response.access_key_metadata)),
        Err(error) => error,
    };
    match AwsErrorKind::from_sdk(&error) {
        Some(AwsErrorKind::AccessDenied) => Ok(KeyLookup::AccessDenied),
        Some(AwsErrorKind::Throttled) => Ok(KeyLookup::Throttled),
        Some(kind) if !kind.is_transient() => Ok(KeyLookup::Refused(error_code(&error).to_owned())),
        Some(_) | None => {
            Err(AwsSession::iam_api_call("iam:ListAccessKeys", "such user")
                .to_upstream_error(&error))
        }
    }
}

fn lookup_finding(user: &str, id: &str, lookup: &KeyLookup, now: SystemTime) -> Finding {
    let keys = match lookup {
        KeyLookup::Listed(keys) => keys,
        KeyLookup::AccessDenied => {
            return KEY_AGE.unverified(
                "the user is not allowed to list its access keys",
                format!("allow iam:ListAccessKeys to user {user} on itself"),
            );
        }
        KeyLookup::Throttled => {
            return KEY_AGE.unverified("IAM throttled the request", "validate again later");
        }
        KeyLookup::Refused(code) => {
            return KEY_AGE.unverified(
                format!("IAM did not list the keys of user {user}: {code}"),
                refusal_remedy("iam:ListAccessKeys", code),
            );
        }
    };
    match keys.iter().find(|key| key.access_key_id() == Some(id)) {
        Some(key) => age_and_status_finding(key, keys.len(), now),
        None => KEY_AGE.unverified("IAM does not list the key yet", "validate again in a minute"),
    }
}

fn age_and_status_finding(key: &AccessKeyMetadata, key_count: usize, now: SystemTime) -> Finding {
    if key.status() == Some(&StatusType::Inactive) {
        return KEY_AGE.failed("the access key is inactive", "activate it, or send an active one");
    }
    let created = key.create_date().and_then(|date| SystemTime::try_from(*date).ok());
    let Some(created) = created else {
        return KEY_AGE.unverified(
            "IAM does not return when the key was created",
            "check its age in IAM, or rotate it",
        );
    };
    let expires = created.checked_add(MAX_KEY_AGE);
    let age = now.duration_since(created).unwrap_or_default();
    let days = age.as_secs() / 86_400;
    if age > MAX_KEY_AGE {
        let observed = format!("the access key is {days} days old; the user has {key_count} of 2");
        KEY_AGE
            .failed(
                observed,
                "create a new access key, PUT the account with it, delete the old one",
            )
            .expiring(expires)
    } else {
        KEY_AGE
            .passed(format!("the access key is {days} days old; the user has {key_count} of 2"))
            .expiring(expires)
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;
    use gangway_model::Outcome;

    use super::*;

    #[test]
    fn active_access_key_passes_until_it_is_older_than_90_days() {
        let day = Duration::from_hours(24);
        let now = SystemTime::UNIX_EPOCH + day * 20_000;
        for (days, status, passes) in [
            (0, StatusType::Active, true),
            (90, StatusType::Active, true),
            (91, StatusType::Active, false),
            (1, StatusType::Inactive, false),
        ] {
            let created = DateTime::from(now - day * days);
            let key = AccessKeyMetadata::builder().status(status).create_date(created).build();
            let finding = age_and_status_finding(&key, 1, now);
            assert_eq!(finding.outcome == Outcome::Passed, passes, "{days}");
        }
    }
}
