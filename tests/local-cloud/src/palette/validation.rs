//! Validates credentials with real calls of AWS: `GetCallerIdentity` for access keys, `AssumeRole`
//! for roles.

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    Palette,
    aws_client::AwsCallError,
    caller::Caller,
    classified,
    paging::ListQuery,
    response::{PaletteError, PaletteResponse},
};
use crate::aws::{AwsCredentials, client};

/// Returns the region in which Palette calls STS and IAM of a partition.
pub(super) fn home_region(partition: &str) -> &'static str {
    match partition {
        "aws-us-gov" => "us-gov-west-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        _ => "us-east-1",
    }
}

/// Returns the string at a JSON pointer, or an empty string if there is none.
pub(super) fn text_at<'a>(spec: &'a Value, pointer: &str) -> &'a str {
    spec.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

impl Palette {
    /// Validates the credentials of an account spec.
    pub(super) async fn validate(&self, spec: &Value) -> Result<PaletteResponse, PaletteError> {
        self.fetch_target_credentials(spec).await?;
        Ok(PaletteResponse::no_content())
    }

    /// Checks that each policy in the request exists in the AWS account of the cloud account.
    pub(super) async fn validate_policy_arns(
        &self,
        caller: &Caller,
        query: &ListQuery,
        body: &Value,
    ) -> Result<PaletteResponse, PaletteError> {
        let spec = self.resolve_spec(caller, query, body.get("account").unwrap_or(&Value::Null))?;
        let keys = self.fetch_target_credentials(&spec).await?;
        let iam = ("iam", home_region(text_at(&spec, "/partition")));
        let arns = body.get("policyArns").and_then(Value::as_array);
        for arn in arns.into_iter().flatten().filter_map(Value::as_str) {
            let result = self.call_aws(&keys, iam, "GetPolicy", &[("PolicyArn", arn)]).await;
            result.map_err(|error| {
                self.validation_error(&spec, "Policy ARN validation failed", &error)
            })?;
        }
        Ok(PaletteResponse::no_content())
    }

    /// Lists all IAM policies in the AWS account of the cloud account.
    pub(super) async fn list_policies(
        &self,
        caller: &Caller,
        query: &ListQuery,
        body: &Value,
    ) -> Result<PaletteResponse, PaletteError> {
        let spec = self.resolve_spec(caller, query, body)?;
        let keys = self.fetch_target_credentials(&spec).await?;
        let iam = ("iam", home_region(text_at(&spec, "/partition")));
        let mut policies = Vec::new();
        let mut marker = None;
        loop {
            let mut parameters = vec![("Scope", "All")];
            parameters.extend(marker.as_deref().map(|marker| ("Marker", marker)));
            let page = self.call_aws(&keys, iam, "ListPolicies", &parameters).await;
            let page = page
                .map_err(|error| self.validation_error(&spec, "Failed to list policies", &error))?;
            for member in page.body.split("<member>").skip(1) {
                let member = client::AwsResponse { status: page.status, body: member.to_owned() };
                let text = |name| member.xml_element(name).unwrap_or_default();
                policies.push(json!({
                    "arn": text("Arn"),
                    "policyId": text("PolicyId"),
                    "policyName": text("PolicyName"),
                }));
            }
            if page.xml_element("IsTruncated") != Some("true") {
                return Ok(PaletteResponse::ok("policies", json!({"policies": policies})));
            }
            marker = page.xml_element("Marker").map(str::to_owned);
        }
    }

    /// Returns the spec of the registered account that the query names, or else the spec in the
    /// request.
    fn resolve_spec(
        &self,
        caller: &Caller,
        query: &ListQuery,
        request_spec: &Value,
    ) -> Result<Value, PaletteError> {
        let Some(uid) = query.cloud_account.as_deref() else { return Ok(request_spec.clone()) };
        let records = self.records();
        let account =
            records.accounts.iter().find(|account| account.uid == uid && caller.can_read(account));
        Ok(account.ok_or_else(|| PaletteError::not_found("cloudaccount", uid))?.spec().clone())
    }

    /// Fetches and checks credentials for the AWS account of an account spec, by its
    /// `credentialType`.
    async fn fetch_target_credentials(&self, spec: &Value) -> Result<AwsCredentials, PaletteError> {
        let to_palette_error =
            |error| self.validation_error(spec, "Cloud account validation failed", &error);
        let partition = text_at(spec, "/partition");
        match text_at(spec, "/credentialType") {
            "secret" if classified::uses_portal(spec) => {
                self.validate_portal_credentials(spec, partition).await.map_err(to_palette_error)
            }
            "secret" => self.check_static_keys(spec, partition).await.map_err(to_palette_error),
            "sts" => self.assume_role(spec, partition).await.map_err(to_palette_error),
            "pod-identity" => {
                self.fetch_pod_identity_credentials(spec, partition).await.map_err(to_palette_error)
            }
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

    /// Checks that the access key of an account spec belongs to the partition, and returns it.
    async fn check_static_keys(
        &self,
        spec: &Value,
        partition: &str,
    ) -> Result<AwsCredentials, AwsCallError> {
        let keys = classified::parse_spec_credentials(spec);
        let sts = ("sts", home_region(partition));
        let identity = if classified::is_classified(partition) {
            let aws = self.aws_client_with_spec_ca(spec)?;
            aws.query(&keys, sts, "GetCallerIdentity", &[]).await?
        } else {
            self.call_aws(&keys, sts, "GetCallerIdentity", &[]).await?
        };
        let arn = identity.xml_element("Arn").unwrap_or_default();
        if arn.split(':').nth(1) == Some(partition) {
            Ok(keys)
        } else {
            Err(wrong_partition_error(arn, partition))
        }
    }

    /// Assumes the role of an account spec as Palette's IAM user, and returns the session's
    /// credentials.
    async fn assume_role(
        &self,
        spec: &Value,
        partition: &str,
    ) -> Result<AwsCredentials, AwsCallError> {
        let (role, external_id) = (text_at(spec, "/sts/arn"), text_at(spec, "/sts/externalId"));
        let source = self.records().sts_sources.get(partition).cloned();
        let source = source.ok_or_else(|| {
            let message = format!("STS account is not configured for partition '{partition}'");
            AwsCallError::new(400, "AwsStsAccountNotConfigured", message)
        })?;
        if role.split(':').nth(1) != Some(partition) {
            return Err(wrong_partition_error(role, partition));
        }
        let keys = AwsCredentials { id: source.access_key, secret: source.secret_key, token: None };
        let parameters = [
            ("RoleArn", role),
            ("RoleSessionName", "spectrocloud"),
            ("ExternalId", external_id),
            ("DurationSeconds", "3600"),
        ];
        let sts = ("sts", home_region(partition));
        let session = self.call_aws(&keys, sts, "AssumeRole", &parameters).await?;
        let member = |name| session.xml_element(name).unwrap_or_default().to_owned();
        let (id, secret) = (member("AccessKeyId"), member("SecretAccessKey"));
        Ok(AwsCredentials { id, secret, token: Some(member("SessionToken")) })
    }

    /// Calls an AWS service, given by name and region, with these credentials.
    pub(super) async fn call_aws(
        &self,
        keys: &AwsCredentials,
        service: (&str, &str),
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<client::AwsResponse, AwsCallError> {
        match self.aws.get() {
            Some(aws) => aws.query(keys, service, action, parameters).await,
            None => Err(AwsCallError::new(0, "RequestError", "Palette cannot reach AWS")),
        }
    }

    /// Converts an error of AWS to the error of Palette for a failed validation. `what` says what
    /// failed.
    pub(super) fn validation_error(
        &self,
        spec: &Value,
        what: &str,
        error: &AwsCallError,
    ) -> PaletteError {
        let behaviour = self.records().behaviour;
        let AwsCallError { status, code, message } = error;
        let secrets = if behaviour.errors_repeat_secrets {
            let (id, secret) = (text_at(spec, "/accessKey"), text_at(spec, "/secretKey"));
            let key = text_at(spec, "/secretSpec/tls/key");
            format!(" (accessKey={id}, secretKey={secret}, tls={key})")
        } else {
            String::new()
        };
        let message = format!(
            "{what}: {code}: {message}\n\tstatus code: {status}, request id: local{secrets}"
        );
        let status = if behaviour.validation_fails_with_500 {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::BAD_REQUEST
        };
        PaletteError::new(status, "AwsAccountValidationFailed", message)
    }
}

/// Returns the error for an identity that belongs to another partition than the account.
pub(super) fn wrong_partition_error(arn: &str, partition: &str) -> AwsCallError {
    let message = format!("{arn} is not an identity of partition {partition}");
    AwsCallError::new(403, "InvalidClientTokenId", message)
}
