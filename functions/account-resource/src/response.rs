//! Answers to CloudFormation.

#[cfg(test)]
mod tests;

use gangway_lambda::EventAccount;
use gangway_model::{FieldError, Finding, Receipt, RegistrationError, Report};
use serde::{Deserialize, Serialize};

use crate::{properties, request::StackRequest};

/// Largest response that CloudFormation accepts, in bytes.
const MAX_BYTES: usize = 4096;

/// The physical id of a resource that was never registered.
const NOT_REGISTERED: &str = "not-registered";

/// The content of the response to a request of CloudFormation.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    /// Why the request failed; `None` for a success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<String>,
    physical_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Attributes>,
}

/// The attributes of the resource that `Fn::GetAtt` returns.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    name: String,
    scope: String,
    ready: String,
    aws_account_id: String,
}

/// The body of a response.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    physical_resource_id: &'a str,
    stack_id: String,
    request_id: &'a str,
    logical_resource_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Attributes>,
}

impl Answer {
    /// Returns the answer to a registration that succeeded.
    pub(crate) fn registered(receipt: &Receipt) -> Self {
        let ready = receipt.report.readiness().map_or("unknown".to_owned(), |it| it.to_string());
        Self {
            failure: None,
            physical_id: receipt.uid.to_string(),
            data: Some(Attributes {
                name: receipt.name.to_string(),
                scope: receipt.scope.to_string(),
                ready,
                aws_account_id: receipt.account.to_string(),
            }),
        }
    }

    /// Returns the answer to a delete that succeeded.
    pub(crate) fn removed(request: &StackRequest) -> Self {
        Self { failure: None, physical_id: physical_id(request), data: None }
    }

    /// Returns the answer to a request that failed. The physical id of the resource does not
    /// change.
    pub(crate) fn failed(request: &StackRequest, reason: String) -> Self {
        Self { failure: Some(reason), physical_id: physical_id(request), data: None }
    }

    /// Returns the uid of the account that was registered.
    pub(crate) fn registered_uid(&self) -> Option<&str> {
        self.data.as_ref().map(|_| self.physical_id.as_str())
    }

    /// Adds the scope, name and uid of the answer to the account of an event.
    pub(crate) fn to_account(&self, account: EventAccount) -> EventAccount {
        let Some(data) = &self.data else { return account };
        EventAccount {
            scope: Some(data.scope.clone()),
            name: Some(data.name.clone()),
            uid: Some(self.physical_id.clone()),
            ..account
        }
    }

    /// Returns the JSON that CloudFormation expects. Shortens the reason if the JSON is too long.
    pub(crate) fn to_json(&self, request: &StackRequest) -> String {
        let encode = |reason: Option<&str>| {
            let body = Body {
                status: if self.failure.is_some() { "FAILED" } else { "SUCCESS" },
                reason,
                physical_resource_id: &self.physical_id,
                stack_id: request.stack.to_string(),
                request_id: &request.id,
                logical_resource_id: &request.logical_id,
                data: self.data.as_ref(),
            };
            serde_json::json!(body).to_string()
        };
        let mut json = encode(self.failure.as_deref());
        let mut reason: Vec<char> = self.failure.as_deref().unwrap_or_default().chars().collect();
        while json.len() > MAX_BYTES && !reason.is_empty() {
            let excess = (json.len() - MAX_BYTES).div_ceil(6).max(1) + 1;
            reason.truncate(reason.len().saturating_sub(excess));
            let text: String = reason.iter().chain(['…'].iter()).collect();
            json = encode(Some(&text));
        }
        json
    }
}

fn physical_id(request: &StackRequest) -> String {
    request.physical_id.clone().unwrap_or_else(|| NOT_REGISTERED.to_owned())
}

/// Returns the text of an error for CloudFormation: what failed, and how to fix it.
pub(crate) fn failure_reason(error: &RegistrationError) -> String {
    match error {
        RegistrationError::Invalid(errors) => format_errors(errors),
        RegistrationError::ChecksFailed(report) => format_failed_checks(report),
        RegistrationError::Conflict(_)
        | RegistrationError::ConcurrentModification(_)
        | RegistrationError::NotFound(_)
        | RegistrationError::Upstream(_) => error.to_string(),
    }
}

fn format_errors(errors: &[FieldError]) -> String {
    let text = |error: &FieldError| {
        let error = properties::to_property_error(error);
        if error.pointer.is_empty() {
            error.detail
        } else {
            format!("{}: {}", error.pointer, error.detail)
        }
    };
    errors.iter().map(text).collect::<Vec<_>>().join("; ")
}

/// Returns the failed checks with their remedies. Checks in Palette come last, because they usually
/// fail only because another check failed.
fn format_failed_checks(report: &Report) -> String {
    let mut failed: Vec<&Finding> =
        report.findings.iter().filter(|finding| finding.is_blocking()).collect();
    failed.sort_by_key(|finding| finding.check.id.starts_with("palette."));
    let text = |finding: &&Finding| {
        let remedy = finding.outcome.remedy().unwrap_or(finding.check.remedy);
        format!("{}: {}. To fix it: {remedy}", finding.check.id, finding.observed)
    };
    let failed: Vec<_> = failed.iter().map(text).collect();
    failed.join(" | ")
}
