//! Sends requests and prints one table row each.

use std::time::Instant;

use local_cloud::{fixtures::PartitionDeployment, http_client};
use serde_json::{Value, json};

/// Why a demo failed.
pub(crate) type Failure = String;

/// Prints the table's heading.
pub(crate) fn print_heading() {
    println!(
        "{:<11} {:<19} {:<30} {:>6} {:>5}  outcome",
        "partition", "method", "step", "status", "ms"
    );
}

/// A client of Gangway's API in one partition.
pub(crate) struct PortalClient<'a> {
    pub(crate) deployment: &'a PartitionDeployment,
    /// Method name in the table.
    pub(crate) label: &'static str,
    http: reqwest::Client,
    url: String,
}

impl<'a> PortalClient<'a> {
    pub(crate) fn new(
        deployment: &'a PartitionDeployment,
        label: &'static str,
        url: String,
    ) -> Self {
        Self { deployment, label, http: http_client::client(None), url }
    }

    /// Sends a request and prints a row.
    pub(crate) async fn call(
        &self,
        step: &str,
        expected: u16,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let method = method.parse().map_err(|_unknown| format!("no verb {method}"))?;
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(body);
        }
        let started = Instant::now();
        let response = request.send().await.map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let local_cloud_error = response.headers().get("x-local-cloud-error").cloned();
        let text = response.text().await.map_err(|error| error.to_string())?;
        let duration = started.elapsed().as_millis();
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        let (partition, method) = (self.deployment.partition.id(), self.label);
        println!(
            "{partition:<11} {method:<19} {step:<30} {status:>6} {duration:>5}  {}",
            summary(&answer)
        );
        expect(status == expected, || {
            let message =
                local_cloud_error.and_then(|message| message.to_str().map(str::to_owned).ok());
            format!("{expected} was expected: {}", message.unwrap_or_else(|| error_detail(&answer)))
        })?;
        Ok(answer)
    }
}

/// Prints a row without status and duration.
pub(crate) fn print_row(deployment: &PartitionDeployment, label: &str, step: &str, outcome: &str) {
    let partition = deployment.partition.id();
    println!("{partition:<11} {label:<19} {step:<30} {:>6} {:>5}  {outcome}", "", "");
}

/// Prints the last outcome event. Fails unless it is of this type.
pub(crate) fn expect_event(
    deployment: &PartitionDeployment,
    label: &str,
    detail_type: &str,
) -> Result<(), Failure> {
    let events = deployment.gangway_account.put_events();
    let last = events.last().ok_or("no outcome event")?;
    let text = |pointer: &str| last.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    print_row(deployment, label, "event", text("/detail/summary"));
    let actual = text("/detail-type");
    expect(actual == detail_type, || format!("the event {detail_type} was expected, not {actual}"))
}

/// Fails unless the report is not ready. Prints each failed check with its remedy.
pub(crate) fn expect_blocked(report: &Value) -> Result<(), Failure> {
    expect(report.get("ready") == Some(&json!(false)), || "ready, though broken".to_owned())?;
    let failed = failed_checks(report);
    expect(!failed.is_empty(), || "not ready, but nothing failed".to_owned())?;
    for check in failed {
        let part = |member: &str| check.get(member).and_then(Value::as_str).unwrap_or_default();
        println!("    ✗ {} ({})", part("title"), part("id"));
        println!("{}", wrap("seen:  ", part("observed")));
        println!("{}", wrap("remedy:", part("remedy")));
    }
    Ok(())
}

pub(crate) fn expect(holds: bool, otherwise: impl FnOnce() -> Failure) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn checks(report: &Value) -> &[Value] {
    report.get("checks").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn failed_checks(report: &Value) -> Vec<&Value> {
    checks(report).iter().filter(|check| check.get("outcome") == Some(&json!("failed"))).collect()
}

pub(crate) fn names(list: &Value) -> Vec<&str> {
    let accounts = list.get("accounts").and_then(Value::as_array);
    accounts.into_iter().flatten().filter_map(|account| account.get("name")?.as_str()).collect()
}

/// Returns the outcome of a response for its row.
fn summary(response: &Value) -> String {
    if let Some(ready) = response.get("ready").and_then(Value::as_bool) {
        let (all, failed) = (checks(response).len(), failed_checks(response).len());
        let readiness = if ready { "ready" } else { "not ready" };
        return format!("{readiness}: {all} checks, {failed} failed");
    }
    if let Some(outcome) = response.get("outcome").and_then(Value::as_str) {
        let uid = response.get("uid").and_then(Value::as_str).unwrap_or_default();
        return format!("{outcome} {uid}");
    }
    if response.get("accounts").is_some() {
        return format!("{} accounts", names(response).len());
    }
    response.get("title").and_then(Value::as_str).unwrap_or("done").to_owned()
}

/// Wraps text to lines of at most 110 characters behind a label.
fn wrap(label: &str, text: &str) -> String {
    let (indent, mut lines) = (" ".repeat(8 + label.len()), vec![format!("        {label}")]);
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < 110 => line.extend([" ", word]),
            Some(_) | None => lines.push(format!("{indent} {word}")),
        }
    }
    lines.join("\n")
}

pub(crate) fn failed_checks_text(report: &Value) -> String {
    let message = |check: &&Value| format!("\n    {check}");
    failed_checks(report).iter().map(message).collect()
}

fn error_detail(response: &Value) -> String {
    let member = |name: &str| response.get(name).and_then(Value::as_str);
    member("detail").or(member("message")).or(member("title")).unwrap_or_default().to_owned()
        + &failed_checks_text(response)
}
