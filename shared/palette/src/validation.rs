//! Palette's own judgement of a credential, and the policies that it finds with it.

use gangway_model::{CloudAccount, Credential, Partition, PolicyArn, PortError, ports::Keyring};
use reqwest::Method;

use crate::{
    Scoped,
    call::Call,
    fault::Fault,
    read::Policies,
    refusal::{Kind, Refusal},
    wire::{AwsAccount, PolicyArns},
};

const POLICIES: &str = "/v1/clouds/aws/policies";
const LIST: &str = "list of IAM policies for this account";

/// What Palette thinks of a credential.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It can use it.
    Accepted,
    /// It cannot, in its own words, without what was secret in them.
    Refused(String),
}

/// An IAM policy of an AWS account, as the wizard offers it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IamPolicy {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
}

impl<K: Keyring + Sync> Scoped<'_, K> {
    /// Lets Palette try the credential, as its "Validate" button does (C17). Nothing is kept.
    pub async fn validate(
        &self,
        partition: Partition,
        credential: &Credential,
        policies: &[PolicyArn],
    ) -> Result<Verdict, PortError> {
        let call = Call::new(Method::POST, "/v1/clouds/aws/account/validate")
            .json(&AwsAccount::new(partition, credential, policies))?
            .telling(credential);
        self.verdict(&call).await
    }

    /// Lets Palette look whether the policies are there and can be attached (C15).
    pub async fn validate_policy_arns(
        &self,
        partition: Partition,
        credential: &Credential,
        policies: &[PolicyArn],
    ) -> Result<Verdict, PortError> {
        let call = Call::new(Method::POST, "/v1/clouds/aws/policyArns/validate")
            .json(&PolicyArns::new(partition, credential, policies))?
            .telling(credential);
        self.verdict(&call).await
    }

    /// The policies that the credential can list.
    pub async fn iam_policies(
        &self,
        partition: Partition,
        credential: &Credential,
    ) -> Result<Vec<IamPolicy>, PortError> {
        let call = Call::new(Method::POST, POLICIES)
            .json(&AwsAccount::new(partition, credential, &[]))?
            .telling(credential);
        self.listed(&call).await
    }

    /// The policies of an account that Palette has, found with the credential that it keeps.
    pub async fn iam_policies_of(
        &self,
        account: &CloudAccount,
    ) -> Result<Vec<IamPolicy>, PortError> {
        let call = Call::new(Method::POST, POLICIES)
            .query("cloudAccountUid", account.uid.as_str())
            .json(&AwsAccount::known(account))?;
        self.listed(&call).await
    }

    async fn verdict(&self, call: &Call) -> Result<Verdict, PortError> {
        match self.palette.ask(call, &self.scope).await {
            Ok(_) => Ok(Verdict::Accepted),
            Err(Fault::Refusal(refusal)) if judges_the_credential(&refusal) => {
                Ok(Verdict::Refused(refusal.reason))
            }
            Err(fault) => Err(fault.port("validation of AWS accounts")),
        }
    }

    async fn listed(&self, call: &Call) -> Result<Vec<IamPolicy>, PortError> {
        let answer = self.palette.ask(call, &self.scope).await.map_err(|fault| fault.port(LIST))?;
        let Policies { policies } = answer.json().map_err(|fault| fault.port(LIST))?;
        let policy =
            |read: crate::read::Listed| IamPolicy { arn: read.arn, name: read.policy_name };
        Ok(policies.into_iter().map(policy).collect())
    }
}

/// Whether it is the credential that Palette refuses, and not us or the path.
pub(crate) fn judges_the_credential(refusal: &Refusal) -> bool {
    match refusal.kind {
        Kind::KeyRefused | Kind::Denied | Kind::NoProject => false,
        // Palette's router has numbers for codes: it does not know the path. A role that is not there has words.
        Kind::Missing => refusal.code.parse::<u16>().is_err(),
        Kind::Taken | Kind::Other => true,
    }
}
