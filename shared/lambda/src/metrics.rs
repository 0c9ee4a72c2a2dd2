//! Writes metrics in `CloudWatch`'s embedded metric format, as lines on standard output.
//!
//! The crate `metrique` is not used: it adds queues and sinks, and an invocation writes only a few
//! lines.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use gangway_http::upstream_timing::UpstreamCall;
use gangway_model::{Outcome, RegistrationError, Report, UpstreamError};
use serde_json::{Map, Value, json};

use crate::{ApiError, MessageResult, Response, logs::write_json_line, record::InvocationRecord};

const NAMESPACE: &str = "Gangway";

/// Largest number of values that a metric may have in one line.
const MAX_VALUES: usize = 100;

/// Writes the metrics of an invocation.
pub(crate) fn write_invocation(record: &InvocationRecord, outcome: &Result<Response, ApiError>) {
    for line in invocation_lines(record, outcome, now_millis()) {
        write_json_line(&line);
    }
}

/// Writes the metrics of one SQS message.
pub(crate) fn write_message(service: &str, result: &MessageResult, duration: Duration) {
    write_json_line(&message_line(service, result, duration, now_millis()));
}

/// Writes the number of outcome events that could not be published.
pub(crate) fn write_unpublished_events(service: &str, count: usize) {
    let mut line = MetricLine::default();
    line.add_metric(&[("Function", service)], "EventsNotPublished", count, "Count");
    write_json_line(&line.into_json(now_millis()));
}

/// Writes one value of a metric with the dimension `Function`, and with a second dimension if
/// `dimension` gives its name and value.
pub fn write_metric(
    service: &'static str,
    name: &'static str,
    value: i64,
    dimension: Option<(&'static str, &'static str)>,
) {
    let mut line = MetricLine::default();
    let dimensions: Vec<_> = [("Function", service)].into_iter().chain(dimension).collect();
    line.add_metric(&dimensions, name, value, "Count");
    write_json_line(&line.into_json(now_millis()));
}

/// Writes the latency of calls to other services.
pub(crate) fn write_upstream_latency(calls: &[UpstreamCall]) {
    for line in upstream_latency_metrics(calls, now_millis()) {
        write_json_line(&line);
    }
}

/// Returns one line for each service. A service with more than [`MAX_VALUES`] calls gets several
/// lines.
fn upstream_latency_metrics(calls: &[UpstreamCall], timestamp: u64) -> Vec<Value> {
    let mut services: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (service, took) in calls {
        services.entry(service).or_default().push(to_millis(*took));
    }
    let lines = services.into_iter().flat_map(|(service, times)| {
        let lines: Vec<_> = times
            .chunks(MAX_VALUES)
            .map(|times| {
                let mut line = MetricLine::default();
                line.add_metric(&[("Upstream", service)], "UpstreamLatency", times, "Milliseconds");
                line.into_json(timestamp)
            })
            .collect();
        lines
    });
    lines.collect()
}

/// Returns the time in milliseconds since 1970.
fn now_millis() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a metric contains its time")]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    to_millis(now)
}

fn to_millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Returns the line with the metrics of one SQS message.
fn message_line(
    service: &str,
    result: &MessageResult,
    duration: Duration,
    timestamp: u64,
) -> Value {
    let mut line = MetricLine::default();
    let dimensions = [("Function", service), ("Outcome", result.outcome)];
    line.add_metric(&dimensions, "Messages", 1, "Count");
    line.add_metric(&[("Function", service)], "Latency", to_millis(duration), "Milliseconds");
    if let Some(upstream) = result.error.as_ref().map(UpstreamError::service) {
        line.add_metric(&[("Upstream", upstream)], "UpstreamErrors", 1, "Count");
    }
    line.into_json(timestamp)
}

/// Returns one line with the metrics of the invocation, and one line for each failed check. In one
/// line, a dimension can have only one value.
fn invocation_lines(
    record: &InvocationRecord,
    outcome: &Result<Response, ApiError>,
    timestamp: u64,
) -> Vec<Value> {
    let id = match outcome {
        Ok(response) => response.outcome(),
        Err(error) => error.kind().id,
    };
    let metric = if record.is_registration() { "Registrations" } else { "Requests" };
    let latency = to_millis(record.duration);
    let mut line = MetricLine::default();
    line.add_metric(&[("Function", record.service), ("Outcome", id)], metric, 1, "Count");
    line.add_metric(&[("Function", record.service)], "Latency", latency, "Milliseconds");
    if let Some(upstream) = failed_service(outcome) {
        line.add_metric(&[("Upstream", upstream)], "UpstreamErrors", 1, "Count");
    }
    let findings = find_report(outcome).map_or(&[][..], |report| &report.findings);
    let failed =
        findings.iter().filter(|finding| matches!(finding.outcome, Outcome::Failed { .. }));
    let failed = failed.map(|finding| {
        let mut line = MetricLine::default();
        line.add_metric(&[("CheckId", finding.check.id)], "FailedChecks", 1, "Count");
        line
    });
    [line].into_iter().chain(failed).map(|line| line.into_json(timestamp)).collect()
}

/// A line in the embedded metric format.
#[derive(Default)]
struct MetricLine {
    values: Map<String, Value>,
    directives: Vec<Value>,
}

impl MetricLine {
    /// Adds a metric with its dimensions.
    fn add_metric(
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

    /// Returns the line as JSON. `millis` is the time of the metrics, in milliseconds since 1970.
    fn into_json(mut self, millis: u64) -> Value {
        let directives = json!({ "Timestamp": millis, "CloudWatchMetrics": self.directives });
        self.values.insert("_aws".to_owned(), directives);
        Value::Object(self.values)
    }
}

/// Returns the report of an outcome. `None` if the outcome has no report.
fn find_report(outcome: &Result<Response, ApiError>) -> Option<&Report> {
    match outcome {
        Ok(Response::Report(report)) => Some(report),
        Ok(Response::Receipt(receipt)) => Some(&receipt.report),
        Err(ApiError::Registration(RegistrationError::ChecksFailed(report))) => Some(report),
        Ok(
            Response::Json(_)
            | Response::Accepted(_)
            | Response::Static(_)
            | Response::Deleted { .. },
        )
        | Err(_) => None,
    }
}

/// Returns the name of the service whose failure is the outcome.
fn failed_service(outcome: &Result<Response, ApiError>) -> Option<&'static str> {
    match outcome {
        Err(ApiError::Registration(RegistrationError::Upstream(error))) => Some(error.service()),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use gangway_model::{AuthMethod, Check, CheckSubject, Partition, Severity};

    use super::*;
    use crate::Trigger;

    static CHECK: Check = Check {
        id: "a.b",
        title: "A",
        severity: Severity::Blocker,
        subject: CheckSubject::Account,
        covers: &[],
        remedy: "",
    };

    #[test]
    fn an_invocation_and_each_failed_check_are_counted() {
        let record = InvocationRecord::sample("sts", Trigger::Http, Duration::from_millis(12));
        let findings =
            vec![CHECK.failed("seen", "fix it"), CHECK.passed("seen"), CHECK.failed("x", "y")];
        let (partition, method) = (Partition::Aws, AuthMethod::Sts);
        let report = Report {
            partition,
            method,
            account: None,
            findings,
            notices: Vec::new(),
            is_proven: true,
        };
        let outcome = Err(RegistrationError::ChecksFailed(Box::new(report)).into());
        let lines = invocation_lines(&record, &outcome, 1_700_000_000_000);
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
                "Function": "sts", "Outcome": "checks-failed", "Registrations": 1, "Latency": 12,
            })
        );
        assert_eq!(lines[1]["CheckId"], "a.b");
        assert_eq!(lines[1]["FailedChecks"], 1);
    }

    #[test]
    fn latencies_of_a_service_are_written_in_one_line() {
        let second = Duration::from_secs(1);
        let calls = [("Palette", second), ("AWS IAM", second * 2), ("Palette", second * 3)];
        let lines = upstream_latency_metrics(&calls, 0);
        let shown: Vec<_> =
            lines.iter().map(|line| (&line["Upstream"], &line["UpstreamLatency"])).collect();
        assert_eq!(
            shown,
            [(&json!("AWS IAM"), &json!([2000])), (&json!("Palette"), &json!([1000, 3000]))]
        );
        assert_eq!(upstream_latency_metrics(&[("Palette", second); 101], 0).len(), 2);
    }

    #[test]
    fn an_upstream_error_is_counted_with_the_name_of_its_service() {
        let record = InvocationRecord::sample("accounts", Trigger::Http, Duration::ZERO);
        let failed = Err(UpstreamError::TimedOut { service: "Palette" }.into());
        let [line] = invocation_lines(&record, &failed, 0).try_into().unwrap();
        assert_eq!((&line["Upstream"], &line["UpstreamErrors"]), (&json!("Palette"), &json!(1)));
        assert_eq!(line["Outcome"], "upstream-timeout");
    }
}
