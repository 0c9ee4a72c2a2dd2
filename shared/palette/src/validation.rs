//! Palette's own judgement of a credential, and the policies that it finds with it.

use gangway_model::{
    CloudAccount, Credential, Partition, PolicyArn, UpstreamError, stores::ApiKeyProvider,
};
use reqwest::Method;

use crate::{
    ScopedClient,
    api_request::ApiRequest,
    error::AttemptError,
    error_response::{ErrorKind, ErrorResponse},
    request::{AwsAccount, PolicyArns},
    response::Policies,
};

const POLICIES: &str = "/v1/clouds/aws/policies";
const LIST: &str = "list of IAM policies for this account";

/// What Palette thinks of a credential.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ValidationOutcome {
    /// It can use it.
    Accepted,
    /// It cannot, in its own words, without what was secret in them.
    Rejected(String),
}

/// An IAM policy of an AWS account, as the wizard offers it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IamPolicy {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
}

impl<K: ApiKeyProvider + Sync> ScopedClient<'_, K> {
    /// Lets Palette try the credential, as its "Validate" button does (C17). Nothing is kept.
    pub async fn validate(
        &self,
        partition: Partition,
        credential: &Credential,
        policies: &[PolicyArn],
    ) -> Result<ValidationOutcome, UpstreamError> {
        let call = ApiRequest::new(Method::POST, "/v1/clouds/aws/account/validate")
            .json(&AwsAccount::new(partition, credential, policies))?
            .redacting(credential);
        self.to_outcome(&call).await
    }

    /// Lets Palette look whether the policies are there and can be attached (C15).
    pub async fn validate_policy_arns(
        &self,
        partition: Partition,
        credential: &Credential,
        policies: &[PolicyArn],
    ) -> Result<ValidationOutcome, UpstreamError> {
        let call = ApiRequest::new(Method::POST, "/v1/clouds/aws/policyArns/validate")
            .json(&PolicyArns::new(partition, credential, policies))?
            .redacting(credential);
        self.to_outcome(&call).await
    }

    /// The policies that the credential can list.
    pub async fn iam_policies(
        &self,
        partition: Partition,
        credential: &Credential,
    ) -> Result<Vec<IamPolicy>, UpstreamError> {
        let call = ApiRequest::new(Method::POST, POLICIES)
            .json(&AwsAccount::new(partition, credential, &[]))?
            .redacting(credential);
        self.listed(&call).await
    }

    /// The policies of an account that Palette has, found with the credential that it keeps.
    pub async fn iam_policies_of(
        &self,
        account: &CloudAccount,
    ) -> Result<Vec<IamPolicy>, UpstreamError> {
        let call = ApiRequest::new(Method::POST, POLICIES)
            .query("cloudAccountUid", account.uid.as_str())
            .json(&AwsAccount::known(account))?;
        self.listed(&call).await
    }

    async fn to_outcome(&self, call: &ApiRequest) -> Result<ValidationOutcome, UpstreamError> {
        match self.palette.send(call, &self.scope).await {
            Ok(_) => Ok(ValidationOutcome::Accepted),
            Err(AttemptError::Rejected(refusal)) if is_credential_error(&refusal) => {
                Ok(ValidationOutcome::Rejected(refusal.reason))
            }
            Err(fault) => Err(fault.into_upstream("validation of AWS accounts")),
        }
    }

    async fn listed(&self, call: &ApiRequest) -> Result<Vec<IamPolicy>, UpstreamError> {
        let answer = self
            .palette
            .send(call, &self.scope)
            .await
            .map_err(|fault| fault.into_upstream(LIST))?;
        let Policies { policies } = answer.json().map_err(|fault| fault.into_upstream(LIST))?;
        let policy =
            |read: crate::response::Listed| IamPolicy { arn: read.arn, name: read.policy_name };
        Ok(policies.into_iter().map(policy).collect())
    }
}

/// Whether it is the credential that Palette refuses, and not us or the path.
pub(crate) fn is_credential_error(refusal: &ErrorResponse) -> bool {
    match refusal.kind {
        ErrorKind::InvalidApiKey | ErrorKind::AccessDenied | ErrorKind::ProjectNotFound => false,
        // Palette's router has numbers for codes: it does not know the path. A role that is not there has words.
        ErrorKind::NotFound => refusal.code.parse::<u16>().is_err(),
        ErrorKind::NameConflict | ErrorKind::Other => true,
    }
}
