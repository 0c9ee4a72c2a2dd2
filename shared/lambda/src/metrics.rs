//! Metrics, in `CloudWatch`'s embedded format: lines on standard output, no call.
//!
//! Written by hand: `metrique` is a framework with queues and sinks, and this is a line or two for an invocation.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use gangway_http::deadline::UpstreamCall;
use gangway_model::{Outcome, RegistrationError, Report, UpstreamError};
use serde_json::{Map, Value, json};

use crate::{ApiError, MessageResult, Response, invocation::InvocationRecord, stdout};

const NAMESPACE: &str = "Gangway";

/// As many values as a metric may have in one line.
const MAX_VALUES: usize = 100;

/// Writes what an invocation is counted by.
pub(crate) fn write(seen: &InvocationRecord, outcome: &Result<Response, ApiError>) {
    for line in lines(seen, outcome, now()) {
        stdout::write_json_line(&line);
    }
}

/// Writes what a message is counted by.
pub(crate) fn write_message(service: &str, worked: &MessageResult, took: Duration) {
    stdout::write_json_line(&message(service, worked, took, now()));
}

/// Writes how long each service took for its answers.
pub(crate) fn write_upstream_latency(waits: &[UpstreamCall]) {
    for line in upstream_latency_metrics(waits, now()) {
        stdout::write_json_line(&line);
    }
}

/// One line for each service, with every wait.
fn upstream_latency_metrics(waits: &[UpstreamCall], at: u64) -> Vec<Value> {
    let mut services: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (service, took) in waits {
        services.entry(service).or_default().push(millis(*took));
    }
    let lines = services.into_iter().flat_map(|(service, times)| {
        let lines: Vec<_> = times
            .chunks(MAX_VALUES)
            .map(|times| {
                let mut line = Line::default();
                line.metric(&[("Upstream", service)], "UpstreamLatency", times, "Milliseconds");
                line.at(at)
            })
            .collect();
        lines
    });
    lines.collect()
}

/// In milliseconds.
fn now() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "CloudWatch files a metric under the time it tells"
    )]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    millis(now)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// One line for a message of a queue.
fn message(service: &str, worked: &MessageResult, took: Duration, at: u64) -> Value {
    let mut line = Line::default();
    let dimensions = [("Function", service), ("Outcome", worked.outcome)];
    line.metric(&dimensions, "Messages", 1, "Count");
    line.metric(&[("Function", service)], "Latency", millis(took), "Milliseconds");
    if let Some(upstream) = worked.error.as_ref().map(UpstreamError::service) {
        line.metric(&[("Upstream", upstream)], "UpstreamErrors", 1, "Count");
    }
    line.at(at)
}

/// One line for the invocation, one for each check that failed: a line has one value for each dimension.
fn lines(seen: &InvocationRecord, outcome: &Result<Response, ApiError>, at: u64) -> Vec<Value> {
    let word = match outcome {
        Ok(reply) => reply.outcome(),
        Err(rejection) => rejection.kind().id,
    };
    let counted = if seen.registers { "Registrations" } else { "Requests" };
    let latency = millis(seen.took);
    let mut line = Line::default();
    line.metric(&[("Function", seen.service), ("Outcome", word)], counted, 1, "Count");
    line.metric(&[("Function", seen.service)], "Latency", latency, "Milliseconds");
    if let Some(upstream) = upstream(outcome) {
        line.metric(&[("Upstream", upstream)], "UpstreamErrors", 1, "Count");
    }
    let findings = report(outcome).map_or(&[][..], |report| &report.findings);
    let failed =
        findings.iter().filter(|finding| matches!(finding.outcome, Outcome::Failed { .. }));
    let failed = failed.map(|finding| {
        let mut line = Line::default();
        line.metric(&[("CheckId", finding.check.id)], "FailedChecks", 1, "Count");
        line
    });
    [line].into_iter().chain(failed).map(|line| line.at(at)).collect()
}

/// Values, and what `CloudWatch` is to make of them.
#[derive(Default)]
struct Line {
    values: Map<String, Value>,
    directives: Vec<Value>,
}

impl Line {
    fn metric(
        &mut self,
        dimensions: &[(&str, &str)],
        name: &str,
        value: impl Into<Value>,
        unit: &str,
    ) {
        let names: Vec<_> = dimensions.iter().map(|(dimension, _)| *dimension).collect();
        self.values.extend(
            dimensions.iter().map(|(dimension, value)| ((*dimension).to_owned(), (*value).into())),
        );
        self.values.insert(name.to_owned(), value.into());
        self.directives.push(json!({
            "Namespace": NAMESPACE,
            "Dimensions": [names],
            "Metrics": [{ "Name": name, "Unit": unit }],
        }));
    }

    fn at(mut self, millis: u64) -> Value {
        let directives = json!({ "Timestamp": millis, "CloudWatchMetrics": self.directives });
        self.values.insert("_aws".to_owned(), directives);
        Value::Object(self.values)
    }
}

fn report(outcome: &Result<Response, ApiError>) -> Option<&Report> {
    match outcome {
        Ok(Response::Report(report)) => Some(report),
        Ok(Response::Receipt(receipt)) => Some(&receipt.report),
        Err(ApiError::Registration(RegistrationError::ChecksFailed(report))) => Some(report),
        Ok(Response::Json(_) | Response::Static(_) | Response::NoContent) | Err(_) => None,
    }
}

/// The service whose failure it was.
fn upstream(outcome: &Result<Response, ApiError>) -> Option<&'static str> {
    match outcome {
        Err(ApiError::Registration(RegistrationError::Upstream(error))) => Some(error.service()),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use gangway_model::{AuthMethod, Check, Partition, Severity};

    use super::*;
    use crate::Trigger;

    static CHECK: Check =
        Check { id: "a.b", title: "A", severity: Severity::Blocker, covers: &[], remedy: "" };

    #[test]
    fn an_invocation_is_counted_and_so_is_each_failed_check() {
        let seen = InvocationRecord::sample("sts", Trigger::Http, Duration::from_millis(12));
        let findings =
            vec![CHECK.failed("seen", "mend"), CHECK.passed("seen"), CHECK.failed("x", "y")];
        let (partition, method) = (Partition::Aws, AuthMethod::Sts);
        let report = Report { partition, method, account: None, findings, notices: Vec::new() };
        let blocked = Err(RegistrationError::ChecksFailed(Box::new(report)).into());
        let lines = lines(&seen, &blocked, 1_700_000_000_000);
        assert_eq!(lines.len(), 3);
        assert_eq!(
            lines[0],
            json!({
                "_aws": {
                    "Timestamp": 1_700_000_000_000_u64,
                    "CloudWatchMetrics": [
                        { "Namespace": "Gangway", "Dimensions": [["Function", "Outcome"]], "Metrics": [{ "Name": "Registrations", "Unit": "Count" }] },
                        { "Namespace": "Gangway", "Dimensions": [["Function"]], "Metrics": [{ "Name": "Latency", "Unit": "Milliseconds" }] },
                    ],
                },
                "Function": "sts", "Outcome": "blocked", "Registrations": 1, "Latency": 12,
            })
        );
        assert_eq!(lines[1]["CheckId"], "a.b");
        assert_eq!(lines[1]["FailedChecks"], 1);
    }

    #[test]
    fn each_service_has_a_line_with_all_its_waits() {
        let second = Duration::from_secs(1);
        let waits = [("Palette", second), ("AWS IAM", second * 2), ("Palette", second * 3)];
        let lines = upstream_latency_metrics(&waits, 0);
        let told: Vec<_> =
            lines.iter().map(|line| (&line["Upstream"], &line["UpstreamLatency"])).collect();
        assert_eq!(
            told,
            [(&json!("AWS IAM"), &json!([2000])), (&json!("Palette"), &json!([1000, 3000]))]
        );
        assert_eq!(upstream_latency_metrics(&[("Palette", second); 101], 0).len(), 2);
    }

    #[test]
    fn a_service_that_fails_us_is_counted_by_name() {
        let seen = InvocationRecord::sample("accounts", Trigger::Http, Duration::ZERO);
        let failed = Err(UpstreamError::TimedOut { service: "Palette" }.into());
        let [line] = lines(&seen, &failed, 0).try_into().unwrap();
        assert_eq!((&line["Upstream"], &line["UpstreamErrors"]), (&json!("Palette"), &json!(1)));
        assert_eq!(line["Outcome"], "upstream-timeout");
    }
}
