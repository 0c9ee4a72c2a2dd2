//! Metrics, in `CloudWatch`'s embedded format: lines on standard output, no call.
//!
//! Structs of our own: `metrique` brings a queue, a thread and a clock for what is one line per invocation.

use std::time::SystemTime;

use domain::{Failure, Finding, Outcome, PortError, Report};
use serde_json::{Value, json};

use crate::{Rejection, Reply, invocation::Seen, stdout};

const NAMESPACE: &str = "Gangway";

/// Writes what an invocation is counted by.
pub(crate) fn write(seen: &Seen, outcome: &Result<Reply, Rejection>) {
    #[expect(
        clippy::disallowed_methods,
        reason = "CloudWatch files a metric under the time it tells"
    )]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let at = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    for line in lines(seen, outcome, at) {
        stdout::line(&line);
    }
}

/// One line for the invocation, one for each check that failed: a line has one value for each dimension.
fn lines(seen: &Seen, outcome: &Result<Reply, Rejection>, at: u64) -> Vec<Value> {
    let word = match outcome {
        Ok(reply) => reply.outcome(),
        Err(rejection) => rejection.kind().id,
    };
    let counted = if seen.registers { "Registrations" } else { "Requests" };
    let latency = u64::try_from(seen.took.as_millis()).unwrap_or(u64::MAX);
    let mut directives = vec![
        directive(&["Function", "Outcome"], counted, "Count"),
        directive(&["Function"], "Latency", "Milliseconds"),
    ];
    let mut line = json!({ "Function": seen.service, "Outcome": word, "Latency": latency });
    line[counted] = 1.into();
    if let Some(upstream) = upstream(outcome) {
        directives.push(directive(&["Upstream"], "UpstreamErrors", "Count"));
        line["Upstream"] = upstream.into();
        line["UpstreamErrors"] = 1.into();
    }
    line["_aws"] = json!({ "Timestamp": at, "CloudWatchMetrics": directives });
    let failed = report(outcome)
        .into_iter()
        .flat_map(|report| &report.findings)
        .filter(|finding| matches!(finding.outcome, Outcome::Failed { .. }));
    [line].into_iter().chain(failed.map(|finding| failed_check(finding, at))).collect()
}

fn failed_check(finding: &Finding, at: u64) -> Value {
    let directives = [directive(&["CheckId"], "FailedChecks", "Count")];
    json!({
        "_aws": { "Timestamp": at, "CloudWatchMetrics": directives },
        "CheckId": finding.check.id,
        "FailedChecks": 1,
    })
}

fn directive(dimensions: &[&str], metric: &str, unit: &str) -> Value {
    json!({
        "Namespace": NAMESPACE,
        "Dimensions": [dimensions],
        "Metrics": [{ "Name": metric, "Unit": unit }],
    })
}

fn report(outcome: &Result<Reply, Rejection>) -> Option<&Report> {
    match outcome {
        Ok(Reply::Report(report)) => Some(report),
        Ok(Reply::Receipt(receipt)) => Some(&receipt.report),
        Err(Rejection::Failure(Failure::Blocked(report))) => Some(report),
        Ok(Reply::Json(_) | Reply::NoContent) | Err(_) => None,
    }
}

/// The service whose failure it was.
fn upstream(outcome: &Result<Reply, Rejection>) -> Option<&'static str> {
    let Err(Rejection::Failure(Failure::Port(error))) = outcome else { return None };
    match error {
        PortError::Refused { service, .. }
        | PortError::Denied { service, .. }
        | PortError::Missing { service, .. }
        | PortError::Duplicate { service }
        | PortError::Busy { service, .. }
        | PortError::Unavailable { service, .. }
        | PortError::TimedOut { service } => Some(service),
    }
}
