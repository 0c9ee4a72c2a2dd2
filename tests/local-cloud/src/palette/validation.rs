//! Palette tries what it was given: the keys with `GetCallerIdentity`, the role with `AssumeRole`.

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    State,
    answer::{PaletteError, PaletteResponse},
    callers::Caller,
    enclave,
    paging::ListQuery,
    signed::AwsCallError,
};
use crate::aws::{Keys, client};

/// The region whose STS and IAM Palette asks in a partition.
pub(super) fn home_region(partition: &str) -> &'static str {
    match partition {
        "aws-us-gov" => "us-gov-west-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        _ => "us-east-1",
    }
}

pub(super) fn text_at<'a>(spec: &'a Value, pointer: &str) -> &'a str {
    spec.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

impl State {
    pub(super) async fn validate(&self, spec: &Value) -> Result<PaletteResponse, PaletteError> {
        self.target_keys(spec).await?;
        Ok(PaletteResponse::no_content())
    }

    pub(super) async fn validate_policy_arns(
        &self,
        caller: &Caller,
        query: &ListQuery,
        body: &Value,
    ) -> Result<PaletteResponse, PaletteError> {
        let spec = self.spec(caller, query, body.get("account").unwrap_or(&Value::Null))?;
        let keys = self.target_keys(&spec).await?;
        let iam = ("iam", home_region(text_at(&spec, "/partition")));
        let arns = body.get("policyArns").and_then(Value::as_array);
        for arn in arns.into_iter().flatten().filter_map(Value::as_str) {
            let asked = self.call_aws(&keys, iam, "GetPolicy", &[("PolicyArn", arn)]).await;
            asked
                .map_err(|refusal| self.refused(&spec, "Policy ARN validation failed", &refusal))?;
        }
        Ok(PaletteResponse::no_content())
    }

    pub(super) async fn policies(
        &self,
        caller: &Caller,
        query: &ListQuery,
        body: &Value,
    ) -> Result<PaletteResponse, PaletteError> {
        let spec = self.spec(caller, query, body)?;
        let keys = self.target_keys(&spec).await?;
        let iam = ("iam", home_region(text_at(&spec, "/partition")));
        let mut policies = Vec::new();
        let mut marker = None;
        loop {
            let mut parameters = vec![("Scope", "All")];
            parameters.extend(marker.as_deref().map(|marker| ("Marker", marker)));
            let page = self.call_aws(&keys, iam, "ListPolicies", &parameters).await;
            let page =
                page.map_err(|refusal| self.refused(&spec, "Failed to list policies", &refusal))?;
            for member in page.body.split("<member>").skip(1) {
                let member = client::Answer { status: page.status, body: member.to_owned() };
                let part = |name| member.element(name).unwrap_or_default();
                policies.push(json!({
                    "arn": part("Arn"), "policyId": part("PolicyId"), "policyName": part("PolicyName"),
                }));
            }
            if page.element("IsTruncated") != Some("true") {
                return Ok(PaletteResponse::ok("policies", json!({"policies": policies})));
            }
            marker = page.element("Marker").map(str::to_owned);
        }
    }

    /// The account as sent, or the one that the query names, with the credential that Palette keeps.
    fn spec(
        &self,
        caller: &Caller,
        query: &ListQuery,
        sent: &Value,
    ) -> Result<Value, PaletteError> {
        let Some(uid) = query.cloud_account.as_deref() else { return Ok(sent.clone()) };
        let records = self.records();
        let known =
            records.accounts.iter().find(|account| account.uid == uid && caller.can_read(account));
        Ok(known.ok_or_else(|| PaletteError::not_found("cloudaccount", uid))?.spec().clone())
    }

    /// The keys with which Palette acts in the account, proved by a call.
    async fn target_keys(&self, spec: &Value) -> Result<Keys, PaletteError> {
        let refused = |refusal| self.refused(spec, "Cloud account validation failed", &refusal);
        let partition = text_at(spec, "/partition");
        match text_at(spec, "/credentialType") {
            "secret" if enclave::uses_portal(spec) => {
                self.validate_portal_credentials(spec, partition).await.map_err(refused)
            }
            "secret" => self.static_keys(spec, partition).await.map_err(refused),
            "sts" => self.assume(spec, partition).await.map_err(refused),
            "pod-identity" => self.pod_identity_keys(spec, partition).await.map_err(refused),
            other => {
                let message = format!("credentialType '{other}' is not one of Palette's");
                Err(PaletteError::new(
                    StatusCode::BAD_REQUEST,
                    "CredentialTypeNotSupported",
                    message,
                ))
            }
        }
    }

    async fn static_keys(&self, spec: &Value, partition: &str) -> Result<Keys, AwsCallError> {
        let keys = enclave::sent_keys(spec);
        let sts = ("sts", home_region(partition));
        let identity = if enclave::is_classified(partition) {
            let aws = self.aws_with_sent_ca(spec)?;
            aws.query(&keys, sts, "GetCallerIdentity", &[]).await?
        } else {
            self.call_aws(&keys, sts, "GetCallerIdentity", &[]).await?
        };
        let arn = identity.element("Arn").unwrap_or_default();
        if arn.split(':').nth(1) == Some(partition) {
            Ok(keys)
        } else {
            Err(is_other_partition(arn, partition))
        }
    }

    async fn assume(&self, spec: &Value, partition: &str) -> Result<Keys, AwsCallError> {
        let (role, external_id) = (text_at(spec, "/sts/arn"), text_at(spec, "/sts/externalId"));
        let source = self.records().sts_sources.get(partition).cloned();
        let source = source.ok_or_else(|| {
            let message = format!("STS account is not configured for partition '{partition}'");
            AwsCallError::new(400, "AwsStsAccountNotConfigured", message)
        })?;
        if role.split(':').nth(1) != Some(partition) {
            return Err(is_other_partition(role, partition));
        }
        let keys = Keys { id: source.access_key, secret: source.secret_key, token: None };
        let parameters = [
            ("RoleArn", role),
            ("RoleSessionName", "spectrocloud"),
            ("ExternalId", external_id),
            ("DurationSeconds", "3600"),
        ];
        let sts = ("sts", home_region(partition));
        let session = self.call_aws(&keys, sts, "AssumeRole", &parameters).await?;
        let part = |name| session.element(name).unwrap_or_default().to_owned();
        let (id, secret) = (part("AccessKeyId"), part("SecretAccessKey"));
        Ok(Keys { id, secret, token: Some(part("SessionToken")) })
    }

    pub(super) async fn call_aws(
        &self,
        keys: &Keys,
        service: (&str, &str),
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<client::Answer, AwsCallError> {
        match self.aws.get() {
            Some(aws) => aws.query(keys, service, action, parameters).await,
            None => Err(AwsCallError::new(0, "RequestError", "this Palette reaches no AWS")),
        }
    }

    /// As Palette tells it: AWS's own words, in an error of Palette's.
    pub(super) fn refused(&self, spec: &Value, what: &str, refusal: &AwsCallError) -> PaletteError {
        let behaviour = self.records().behaviour;
        let AwsCallError { status, code, message } = refusal;
        let repeated = if behaviour.errors_repeat_secrets {
            let (id, secret) = (text_at(spec, "/accessKey"), text_at(spec, "/secretKey"));
            let key = text_at(spec, "/secretSpec/tls/key");
            format!(" (accessKey={id}, secretKey={secret}, tls={key})")
        } else {
            String::new()
        };
        let message = format!(
            "{what}: {code}: {message}\n\tstatus code: {status}, request id: local{repeated}"
        );
        let status = if behaviour.validation_fails_with_500 {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::BAD_REQUEST
        };
        PaletteError::new(status, "AwsAccountValidationFailed", message)
    }
}

pub(super) fn is_other_partition(arn: &str, partition: &str) -> AwsCallError {
    let message = format!("{arn} is not an identity of partition {partition}");
    AwsCallError::new(403, "InvalidClientTokenId", message)
}
