//! Palette's own validation of a credential, and the IAM policies that it lists with it.

use gangway_model::{CloudAccount, Credential, Partition, PolicyArn, UpstreamError};
use reqwest::Method;

use crate::{
    SERVICE, ScopedClient,
    api_request::ApiRequest,
    error::{AttemptError, DEFAULT_RETRY_AFTER},
    error_response::{ErrorKind, ErrorResponse},
    request::{AwsAccount, PolicyArns},
    response::Policies,
};

const POLICIES: &str = "/v1/clouds/aws/policies";
const LIST: &str = "list of IAM policies for this account";

/// Result of a validation by Palette.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ValidationOutcome {
    Accepted,
    /// Palette's reason, without secrets.
    Rejected(String),
}

/// An IAM policy of an AWS account, as Palette's wizard lists it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IamPolicy {
    pub arn: String,
    pub name: String,
}

impl ScopedClient<'_> {
    /// Validates the credential as the "Validate" button of Palette does. Palette stores nothing.
    pub async fn validate(
        &self,
        partition: Partition,
        credential: &Credential,
        policies: &[PolicyArn],
    ) -> Result<ValidationOutcome, UpstreamError> {
        let request = ApiRequest::new(Method::POST, "/v1/clouds/aws/account/validate")
            .with_json_body(&AwsAccount::new(partition, credential, policies))?
            .with_redacted_credential(credential);
        self.to_outcome(&request).await
    }

    /// Asks Palette to check that the policies exist and can be attached.
    pub async fn validate_policy_arns(
        &self,
        partition: Partition,
        credential: &Credential,
        policies: &[PolicyArn],
    ) -> Result<ValidationOutcome, UpstreamError> {
        let request = ApiRequest::new(Method::POST, "/v1/clouds/aws/policyArns/validate")
            .with_json_body(&PolicyArns::new(partition, credential, policies))?
            .with_redacted_credential(credential);
        self.to_outcome(&request).await
    }

    /// Lists the IAM policies that the credential can see.
    pub async fn iam_policies(
        &self,
        partition: Partition,
        credential: &Credential,
    ) -> Result<Vec<IamPolicy>, UpstreamError> {
        let request = ApiRequest::new(Method::POST, POLICIES)
            .with_json_body(&AwsAccount::new(partition, credential, &[]))?
            .with_redacted_credential(credential);
        self.listed(&request).await
    }

    /// Lists the IAM policies of a registered account, with the credential that Palette stores.
    pub async fn iam_policies_of(
        &self,
        account: &CloudAccount,
    ) -> Result<Vec<IamPolicy>, UpstreamError> {
        let request = ApiRequest::new(Method::POST, POLICIES)
            .with_query("cloudAccountUid", account.uid.as_str())
            .with_json_body(&AwsAccount::from_stored(account))?;
        self.listed(&request).await
    }

    async fn to_outcome(&self, request: &ApiRequest) -> Result<ValidationOutcome, UpstreamError> {
        match self.palette.send(request, &self.scope).await {
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

    async fn listed(&self, request: &ApiRequest) -> Result<Vec<IamPolicy>, UpstreamError> {
        let response = self
            .palette
            .send(request, &self.scope)
            .await
            .map_err(|error| error.into_upstream(LIST))?;
        let Policies { policies } = response.json().map_err(|error| error.into_upstream(LIST))?;
        let policy =
            |read: crate::response::Policy| IamPolicy { arn: read.arn, name: read.policy_name };
        Ok(policies.into_iter().map(policy).collect())
    }
}

/// Returns the error of a validation that AWS throttled or that took too long for Palette. It says
/// nothing about the credential, and the same request can succeed later. Palette documents no codes
/// for it. A connection that Palette cannot open is none: the network does not let it through.
fn temporary_error(error: &ErrorResponse) -> Option<UpstreamError> {
    let letters = error.reason.chars().filter(char::is_ascii_alphabetic).collect::<String>();
    let letters = letters.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| letters.contains(words));
    if says(&["dialtcp", "nosuchhost"]) {
        None
    } else if says(&["throttl", "rateexceeded", "requestlimitexceeded", "toomanyrequests"]) {
        Some(UpstreamError::Throttled { service: SERVICE, retry_after: DEFAULT_RETRY_AFTER })
    } else if says(&["deadlineexceeded", "timeoutexceeded", "requesttimeout", "timedout"]) {
        Some(UpstreamError::TimedOut { service: SERVICE })
    } else {
        None
    }
}

/// Returns `true` if Palette rejects the credential, rather than the API key or the URL.
pub(crate) fn is_credential_error(error: &ErrorResponse) -> bool {
    match error.kind {
        ErrorKind::InvalidApiKey | ErrorKind::AccessDenied | ErrorKind::ProjectNotFound => false,
        // A number is a code of Palette's router: the path does not exist. Other codes are about a
        // role that does not exist.
        ErrorKind::NotFound => error.code.parse::<u16>().is_err(),
        ErrorKind::NameConflict | ErrorKind::Other => true,
    }
}
