//! Makes Palette validate a credential, and list the IAM policies that are visible to it.

use gangway_model::{CloudAccount, Credential, Partition, PolicyArn, UpstreamError};
use reqwest::Method;

use crate::{
    SERVICE, ScopedClient,
    api_request::ApiRequest,
    error::{AttemptError, DEFAULT_RETRY_AFTER},
    error_response::{ErrorKind, ErrorResponse},
    request::{AwsAccount, PolicyValidationRequest},
    response::Policies,
};

const POLICIES_PATH: &str = "/v1/clouds/aws/policies";
/// Completes the error message "Palette has no {…}".
const POLICIES_RESOURCE: &str = "list of IAM policies for this account";

/// Result of a validation by Palette.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ValidationOutcome {
    /// Palette accepts the credential or the policies.
    Accepted,
    /// Palette does not accept the credential or the policies. Contains the reason of Palette,
    /// without secrets.
    Rejected(String),
}

/// IAM policy of an AWS account, as Palette returns it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IamPolicy {
    pub arn: String,
    pub name: String,
}

impl ScopedClient<'_> {
    /// Makes Palette validate a credential, with the request that the button "Validate" of Palette
    /// sends. Palette does not store the credential.
    pub async fn validate(
        &self,
        partition: Partition,
        credential: &Credential,
        policies: &[PolicyArn],
    ) -> Result<ValidationOutcome, UpstreamError> {
        let request = ApiRequest::new(Method::POST, "/v1/clouds/aws/account/validate")
            .with_json_body(&AwsAccount::new(partition, credential, policies))?
            .with_redacted_credential(credential);
        self.send_validation(&request).await
    }

    /// Makes Palette check that the policies exist and can be attached.
    pub async fn validate_policy_arns(
        &self,
        partition: Partition,
        credential: &Credential,
        policies: &[PolicyArn],
    ) -> Result<ValidationOutcome, UpstreamError> {
        let request = ApiRequest::new(Method::POST, "/v1/clouds/aws/policyArns/validate")
            .with_json_body(&PolicyValidationRequest::new(partition, credential, policies))?
            .with_redacted_credential(credential);
        self.send_validation(&request).await
    }

    /// Lists the IAM policies that the credential can list in its AWS account.
    pub async fn iam_policies(
        &self,
        partition: Partition,
        credential: &Credential,
    ) -> Result<Vec<IamPolicy>, UpstreamError> {
        let request = ApiRequest::new(Method::POST, POLICIES_PATH)
            .with_json_body(&AwsAccount::new(partition, credential, &[]))?
            .with_redacted_credential(credential);
        self.fetch_policies(&request).await
    }

    /// Lists the IAM policies in the AWS account of a registered account. Palette uses the
    /// credential that it has stored.
    pub async fn iam_policies_of(
        &self,
        account: &CloudAccount,
    ) -> Result<Vec<IamPolicy>, UpstreamError> {
        let request = ApiRequest::new(Method::POST, POLICIES_PATH)
            .with_query("cloudAccountUid", account.uid.as_str())
            .with_json_body(&AwsAccount::from_stored(account))?;
        self.fetch_policies(&request).await
    }

    /// Sends a request to validate, and converts the response. Sends the request once more if
    /// Palette responds with status 500, which does not show whether Palette rejected the
    /// credential or failed.
    async fn send_validation(
        &self,
        request: &ApiRequest,
    ) -> Result<ValidationOutcome, UpstreamError> {
        let mut response = self.palette.send(request, &self.scope).await;
        if matches!(&response, Err(AttemptError::Rejected(error)) if error.status == 500) {
            response = self.palette.send(request, &self.scope).await;
        }
        match response {
            Ok(_) => Ok(ValidationOutcome::Accepted),
            Err(AttemptError::Rejected(error)) if is_credential_error(&error) => {
                match temporary_error(&error) {
                    Some(temporary) => {
                        tracing::warn!(
                            reason = error.reason,
                            "Palette could not finish its validation"
                        );
                        Err(temporary)
                    }
                    None => Ok(ValidationOutcome::Rejected(error.reason)),
                }
            }
            Err(error) => Err(error.into_upstream("validation of AWS accounts")),
        }
    }

    /// Sends a request for a list of IAM policies.
    async fn fetch_policies(&self, request: &ApiRequest) -> Result<Vec<IamPolicy>, UpstreamError> {
        let response = self
            .palette
            .send(request, &self.scope)
            .await
            .map_err(|error| error.into_upstream(POLICIES_RESOURCE))?;
        let Policies { policies } =
            response.json().map_err(|error| error.into_upstream(POLICIES_RESOURCE))?;
        let policy =
            |read: crate::response::Policy| IamPolicy { arn: read.arn, name: read.policy_name };
        Ok(policies.into_iter().map(policy).collect())
    }
}

/// Returns the error if AWS throttled the validation, or if the validation took too long for
/// Palette. Such an error says nothing about the credential, and the same request can succeed
/// later. Returns `None` for other errors, also if Palette cannot connect to AWS, because then a
/// retry does not help.
///
/// Palette documents no error codes for these cases, so this function searches for words in the
/// message.
fn temporary_error(error: &ErrorResponse) -> Option<UpstreamError> {
    let letters = error.reason.chars().filter(char::is_ascii_alphabetic).collect::<String>();
    let letters = letters.to_ascii_lowercase();
    let contains_any = |words: &[&str]| words.iter().any(|words| letters.contains(words));
    if contains_any(&["dialtcp", "nosuchhost"]) {
        None
    } else if contains_any(&["throttl", "rateexceeded", "requestlimitexceeded", "toomanyrequests"])
    {
        Some(UpstreamError::Throttled { service: SERVICE, retry_after: DEFAULT_RETRY_AFTER })
    } else if contains_any(&["deadlineexceeded", "timeoutexceeded", "requesttimeout", "timedout"]) {
        Some(UpstreamError::TimedOut { service: SERVICE })
    } else {
        None
    }
}

/// Returns `true` if the error is about the credential, and not about the API key, the project or
/// the path.
pub(crate) fn is_credential_error(error: &ErrorResponse) -> bool {
    match error.kind {
        ErrorKind::InvalidApiKey | ErrorKind::AccessDenied | ErrorKind::ProjectNotFound => false,
        // If the code is a number, Palette's router has returned it, because the path does not
        // exist. Other codes mean that a role does not exist.
        ErrorKind::NotFound => error.code.parse::<u16>().is_err(),
        ErrorKind::NameConflict | ErrorKind::Other => true,
    }
}
