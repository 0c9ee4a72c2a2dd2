//! Lists, creates, deactivates and deletes the access keys of an IAM user. The requests are signed
//! with an access key of the same user.

use std::time::SystemTime;

use aws_config::retry::RetryConfig;
use aws_sdk_iam::types::StatusType;
use gangway_model::{AccessKeyId, SecretAccessKey, UpstreamError};
use secrecy::SecretString;

use crate::{AwsSession, error::AwsErrorKind};

/// Completes the error message "AWS IAM has no {…}".
const KEY_RESOURCE: &str = "such access key";

/// An access key as `ListAccessKeys` returns it: without the secret access key.
#[derive(Clone, Debug)]
pub struct ListedKey {
    pub id: AccessKeyId,
    pub is_active: bool,
    /// When IAM created the access key.
    pub created: Option<SystemTime>,
}

/// Result of the call `CreateAccessKey`.
#[derive(Debug)]
pub enum CreatedKey {
    Created(AccessKeyId, SecretAccessKey),
    /// IAM refused the call and created no access key.
    Refused(UpstreamError),
}

impl AwsSession {
    /// Lists the access keys of an IAM user.
    pub async fn list_access_keys(&self, user: &str) -> Result<Vec<ListedKey>, UpstreamError> {
        let call = Self::iam_api_call("iam:ListAccessKeys", "such user");
        let response = self.iam().list_access_keys().user_name(user).send().await;
        let keys = response.map_err(|error| call.to_upstream_error(&error))?.access_key_metadata;
        let listed = keys.iter().map(|key| {
            let id = key.access_key_id().and_then(|id| id.parse().ok());
            Ok(ListedKey {
                id: id.ok_or_else(|| call.invalid_response("a key without a valid id"))?,
                is_active: key.status() == Some(&StatusType::Active),
                created: key.create_date().and_then(|date| SystemTime::try_from(*date).ok()),
            })
        });
        listed.collect()
    }

    /// Returns `true` if the access key has been used at least once. AWS may show the use only
    /// hours later.
    pub async fn access_key_was_used(&self, id: &AccessKeyId) -> Result<bool, UpstreamError> {
        let call = Self::iam_api_call("iam:GetAccessKeyLastUsed", KEY_RESOURCE);
        let request = self.iam().get_access_key_last_used().access_key_id(id.as_str());
        let response = request.send().await.map_err(|error| call.to_upstream_error(&error))?;
        let used = response.access_key_last_used;
        Ok(used.is_some_and(|used| used.last_used_date.is_some()))
    }

    /// Creates an access key. Sends one request and does not retry it: IAM cannot detect a repeated
    /// request, and would create a second access key.
    ///
    /// # Errors
    ///
    /// After an error, IAM may have created an access key whose secret access key was not
    /// received.
    pub async fn create_access_key(&self, user: &str) -> Result<CreatedKey, UpstreamError> {
        let call = Self::iam_api_call("iam:CreateAccessKey", "such user");
        let without_retries =
            aws_sdk_iam::config::Config::builder().retry_config(RetryConfig::disabled());
        let request = self.iam().create_access_key().user_name(user);
        let key = match request.customize().config_override(without_retries).send().await {
            Ok(response) => response.access_key,
            Err(error) => {
                let failed = call.to_upstream_error(&error);
                return match AwsErrorKind::from_sdk(&error) {
                    Some(AwsErrorKind::ServiceFailure) | None => Err(failed),
                    Some(_) => Ok(CreatedKey::Refused(failed)),
                };
            }
        };
        let key = key.ok_or_else(|| call.invalid_response("no access key"))?;
        let id = key.access_key_id.parse();
        let secret = SecretAccessKey::try_from(SecretString::from(key.secret_access_key));
        match (id, secret) {
            (Ok(id), Ok(secret)) => Ok(CreatedKey::Created(id, secret)),
            (Err(rule), _) | (_, Err(rule)) => Err(call.invalid_response(rule.to_string())),
        }
    }

    /// Activates or deactivates an access key. The same call twice has the effect of one call.
    pub async fn set_access_key_active(
        &self,
        user: &str,
        id: &AccessKeyId,
        is_active: bool,
    ) -> Result<(), UpstreamError> {
        let call = Self::iam_api_call("iam:UpdateAccessKey", KEY_RESOURCE);
        let status = if is_active { StatusType::Active } else { StatusType::Inactive };
        let request = self.iam().update_access_key().user_name(user).access_key_id(id.as_str());
        let response = request.status(status).send().await;
        response.map(drop).map_err(|error| call.to_upstream_error(&error))
    }

    /// Deletes an access key. Also succeeds if the access key does not exist.
    pub async fn delete_access_key(
        &self,
        user: &str,
        id: &AccessKeyId,
    ) -> Result<(), UpstreamError> {
        let call = Self::iam_api_call("iam:DeleteAccessKey", KEY_RESOURCE);
        let request = self.iam().delete_access_key().user_name(user).access_key_id(id.as_str());
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if AwsErrorKind::from_sdk(&error) == Some(AwsErrorKind::NotFound) => Ok(()),
            Err(error) => Err(call.to_upstream_error(&error)),
        }
    }
}
