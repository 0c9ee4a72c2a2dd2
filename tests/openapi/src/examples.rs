//! Examples of responses. Gangway's own types generate most examples, so that the examples cannot
//! differ from real responses.

mod static_examples;

use std::{io, time::Duration};

use gangway_checks::catalogue::{palette::NAME_AVAILABLE, sts};
use gangway_lambda::{ApiError, Response};
use gangway_model::{
    AccountId, AuthMethod, Check, FieldError, Partition, Receipt, RegistrationError, Report, Scope,
    UpsertOutcome, UpstreamError,
};
use serde_json::{Map, Value, json};

/// Request id of the examples.
const REQUEST_ID: &str = "c6af9ac6-7b61-41e6-9a41-000000000001";
const PALETTE: &str = "Palette";

/// Returns the examples of a successful response of this type.
pub(crate) fn examples_of_type(name: &str, status: &str, method: Option<AuthMethod>) -> Value {
    let method = method.unwrap_or(AuthMethod::Sts);
    match name {
        "Report" => json!({
            "ready": { "summary": "The account can be registered", "value": Response::Report(ready_report(method)).body() },
            "notReady": { "summary": "Something must be fixed first", "value": Response::Report(blocked_report(method)).body() },
        }),
        "Receipt" if status == "201" => json!({
            "created": { "summary": "A new account", "value": receipt(method, UpsertOutcome::Created) },
        }),
        "Receipt" => json!({
            "updated": { "summary": "It existed and was updated", "value": receipt(method, UpsertOutcome::Updated) },
            "unchanged": { "summary": "It existed and was as requested", "value": receipt(method, UpsertOutcome::Unchanged) },
        }),
        other => static_examples::examples_of_type(other),
    }
}

/// Returns an example of each problem with this status that Gangway's functions return, by the last
/// part of the problem type.
pub(crate) fn problem_examples(status: u16) -> Map<String, Value> {
    example_errors()
        .iter()
        .map(|error| error.document(REQUEST_ID))
        .filter(|(documented, _)| *documented == status)
        .map(|(_, document)| {
            let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
            let id = text("type").rsplit(':').next().unwrap_or_default().to_owned();
            let summary = text("title").to_owned();
            (id, json!({ "summary": summary, "value": document }))
        })
        .collect()
}

/// Returns an example of each problem with this status that API Gateway itself returns.
pub(crate) fn gateway_problem_examples(status: u16) -> Map<String, Value> {
    let details = match status {
        400 => vec![("gatewayBadRequest", "Invalid request body")],
        403 => vec![
            ("gatewayUnsigned", "Missing Authentication Token"),
            ("gatewayUnknownKey", "The security token included in the request is invalid."),
            (
                "gatewayWrongSignature",
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                 Access Key and signing method. Consult the service documentation for details.",
            ),
            (
                "gatewayNotAllowed",
                "User: arn:aws:iam::123456789012:user/portal is not authorized to perform: execute-api:Invoke on \
                 resource: arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/live/GET/v1/tenant/accounts because no \
                 identity-based policy allows the execute-api:Invoke action",
            ),
        ],
        413 => vec![("gatewayTooLarge", "Request Too Long")],
        415 => vec![("gatewayNotJson", "Unsupported Media Type")],
        429 => vec![("gatewayThrottled", "Too Many Requests")],
        500 | 502 => vec![("gatewayFailed", "Internal server error")],
        504 => vec![("gatewayTimedOut", "Endpoint request timed out")],
        _ => vec![],
    };
    let title = if status < 500 {
        "API Gateway refused the request"
    } else {
        "The function did not answer"
    };
    let example = |(id, detail): (&str, &str)| {
        let value = json!({
            "type": "urn:gangway:problem:gateway",
            "title": title,
            "detail": detail,
            "requestId": REQUEST_ID,
        });
        (id.to_owned(), json!({ "summary": "An error of API Gateway", "value": value }))
    };
    details.into_iter().map(example).collect()
}

/// Returns one error of each type that a caller can receive. `documented_response` in the tests
/// lists the types that no caller receives, with the reasons.
fn example_errors() -> Vec<ApiError> {
    let source = || Box::new(io::Error::from(io::ErrorKind::ConnectionReset));
    let port = |error: UpstreamError| ApiError::Registration(RegistrationError::Upstream(error));
    vec![
        ApiError::PayloadTooLarge,
        ApiError::UnsupportedMediaType,
        ApiError::Internal,
        ApiError::Registration(RegistrationError::Invalid(vec![
            FieldError::malformed("/name", "is missing"),
            FieldError::malformed("/roleArn", "must be the ARN of an IAM role"),
        ])),
        ApiError::Registration(RegistrationError::unprocessable("/partition", "this deployment serves aws")),
        ApiError::Registration(RegistrationError::ChecksFailed(Box::new(blocked_report(AuthMethod::Sts)))),
        ApiError::Registration(RegistrationError::Conflict(
            "the name team-payments-prod belongs to another account, 5f0c1a2b3c4d5e6f70818293".to_owned(),
        )),
        ApiError::Registration(RegistrationError::NotFound(
            "no account 5f0c1a2b3c4d5e6f70818293 in this scope: the path must name the tenant or the project to \
             which it belongs"
                .to_owned(),
        )),
        port(UpstreamError::Rejected {
            service: "AWS STS",
            reason: "sts:AssumeRole was answered with PackedPolicyTooLarge: use shorter names in the session policy, or pass on fewer session tags".to_owned(),
        }),
        port(UpstreamError::RejectedOrFailed {
            service: PALETTE,
            reason: "operation failed (OperationFailed, HTTP 500); Palette answers like this both if it rejects a request and if it fails, so try again once before you change anything".to_owned(),
        }),
        port(UpstreamError::NotPermittedNow {
            service: PALETTE,
            reason: "Cloud account is in use by a cluster (CloudAccountInUse, HTTP 500); delete the clusters that use the account, or let them use another one, then send the request again".to_owned(),
        }),
        port(UpstreamError::AccessDenied {
            service: PALETTE,
            reason: "its API key is unknown, expired or inactive".to_owned(),
        }),
        port(UpstreamError::NotFound { service: "AWS Secrets Manager", resource: "secret of this name" }),
        port(UpstreamError::AlreadyExists { service: PALETTE }),
        port(UpstreamError::Throttled { service: PALETTE, retry_after: Duration::from_secs(2) }),
        port(UpstreamError::Unavailable { service: PALETTE, source: source() }),
        port(UpstreamError::TimedOut { service: PALETTE }),
    ]
}

/// Returns the AWS account id of the examples.
fn account() -> Option<AccountId> {
    "123456789012".parse().ok()
}

fn report(method: AuthMethod, findings: Vec<gangway_model::Finding>) -> Report {
    // A partition that supports this method.
    let partition = if method == AuthMethod::Scap { Partition::AwsIsoB } else { Partition::Aws };
    Report { partition, method, account: account(), findings, notices: Vec::new(), is_proven: true }
}

fn ready_report(method: AuthMethod) -> Report {
    report(method, vec![NAME_AVAILABLE.passed("no account is called team-payments-prod")])
}

fn blocked_report(method: AuthMethod) -> Report {
    let free = NAME_AVAILABLE.passed("no account is called team-payments-prod");
    let mut report = report(method, vec![free]);
    let failed: (&'static Check, &str, &str) = match method {
        AuthMethod::Sts => (
            &sts::EXTERNAL_ID_REQUIRED,
            "the trust policy asks for no external id",
            "add the condition StringEquals sts:ExternalId with the value that GET /v1/sts/trust shows",
        ),
        AuthMethod::StaticCredentials | AuthMethod::PodIdentity | AuthMethod::Scap => (
            &NAME_AVAILABLE,
            "the name belongs to another account, 5f0c1a2b3c4d5e6f70818293",
            "choose another name, or replace that account with PUT",
        ),
    };
    let (check, observed, remedy) = failed;
    report.findings.retain(|finding| finding.check.id != check.id);
    report.findings.push(check.failed(observed, remedy));
    report
}

fn receipt(method: AuthMethod, outcome: UpsertOutcome) -> Value {
    let partition = if method == AuthMethod::Scap { Partition::AwsIsoB } else { Partition::Aws };
    let (id, region) = (partition.id(), partition.info().home_region);
    let secret = || {
        format!(
            "arn:{id}:secretsmanager:{region}:111122223333:secret:gangway/{id}/123456789012/team-payments-prod-AbCdEf"
        )
        .parse()
        .ok()
    };
    let with_secret = matches!(method, AuthMethod::StaticCredentials | AuthMethod::Scap);
    let receipt = || {
        Some(Receipt {
            scope: Scope::Tenant,
            uid: "5f0c1a2b3c4d5e6f70818293".parse().ok()?,
            name: "team-payments-prod".parse().ok()?,
            outcome,
            partition,
            method,
            account: account()?,
            secret: if with_secret { secret() } else { None },
            report: ready_report(method),
        })
    };
    receipt().map(|receipt| Response::Receipt(Box::new(receipt)).body()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
