//! Converts reports and receipts to JSON.

use gangway_model::{Finding, Receipt, Report, UpsertOutcome, time::to_rfc3339};
use serde::Serialize;

/// A report in responses of the API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportJson<'a> {
    /// `null` if the checks do not show whether the account is ready.
    ready: Option<bool>,
    partition: &'static str,
    method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    aws_account_id: Option<&'a str>,
    checks: Vec<CheckJson<'a>>,
    notices: &'a [String],
}

/// A finding in the member `checks` of a report.
#[derive(Serialize)]
struct CheckJson<'a> {
    id: &'static str,
    title: &'static str,
    severity: &'static str,
    outcome: &'static str,
    observed: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    covers: &'static [&'static str],
}

/// The response to a registration or a replacement.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReceiptJson<'a> {
    uid: &'a str,
    name: &'a str,
    outcome: &'static str,
    partition: &'static str,
    method: &'static str,
    aws_account_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_arn: Option<&'a str>,
    report: ReportJson<'a>,
}

impl<'a> From<&'a Report> for ReportJson<'a> {
    fn from(report: &'a Report) -> Self {
        Self {
            ready: report.readiness(),
            partition: report.partition.id(),
            method: report.method.id(),
            aws_account_id: report.account.as_ref().map(gangway_model::AccountId::as_str),
            checks: report.findings.iter().map(CheckJson::from).collect(),
            notices: &report.notices,
        }
    }
}

impl<'a> From<&'a Finding> for CheckJson<'a> {
    fn from(finding: &'a Finding) -> Self {
        let Finding { check, outcome, observed, expires } = finding;
        let (severity, outcome, remedy) = (check.severity.id(), outcome.id(), outcome.remedy());
        let (id, title, covers) = (check.id, check.title, check.covers);
        let expires = expires.map(to_rfc3339);
        Self { id, title, severity, outcome, observed, remedy, expires, covers }
    }
}

impl<'a> From<&'a Receipt> for ReceiptJson<'a> {
    fn from(receipt: &'a Receipt) -> Self {
        Self {
            uid: receipt.uid.as_str(),
            name: receipt.name.as_str(),
            outcome: outcome_id(receipt.outcome),
            partition: receipt.partition.id(),
            method: receipt.method.id(),
            aws_account_id: receipt.account.as_str(),
            secret_arn: receipt.secret.as_ref().map(gangway_model::SecretArn::as_str),
            report: (&receipt.report).into(),
        }
    }
}

/// Returns a report as JSON, as in responses of the API.
pub fn report_json(report: &Report) -> String {
    serde_json::json!(ReportJson::from(report)).to_string()
}

/// Returns the identifier of an outcome in responses, logs and metrics.
pub(crate) const fn outcome_id(outcome: UpsertOutcome) -> &'static str {
    match outcome {
        UpsertOutcome::Created => "created",
        UpsertOutcome::Updated => "updated",
        UpsertOutcome::Unchanged => "unchanged",
    }
}
