//! Metrics, in `CloudWatch`'s embedded format: lines on standard output, no call.
//!
//! Written by hand: `metrique` is a framework with queues and sinks, and this is a line or two for an invocation.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use gangway_http::budget::Wait;
use gangway_model::{Failure, Outcome, PortError, Report};
use serde_json::{Map, Value, json};

use crate::{Rejection, Reply, Worked, invocation::Seen, stdout};

const NAMESPACE: &str = "Gangway";

/// As many values as a metric may have in one line.
const MOST_VALUES: usize = 100;

/// Writes what an invocation is counted by.
pub(crate) fn write(seen: &Seen, outcome: &Result<Reply, Rejection>) {
    for line in lines(seen, outcome, now()) {
        stdout::line(&line);
    }
}

/// Writes what a message is counted by.
pub(crate) fn write_message(service: &str, worked: &Worked, took: Duration) {
    stdout::line(&message(service, worked, took, now()));
}

/// Writes how long each service took for its answers.
pub(crate) fn write_waits(waits: &[Wait]) {
    for line in of_waits(waits, now()) {
        stdout::line(&line);
    }
}

/// One line for each service, with every wait.
fn of_waits(waits: &[Wait], at: u64) -> Vec<Value> {
    let mut services: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (service, took) in waits {
        services.entry(service).or_default().push(millis(*took));
    }
    let lines = services.into_iter().flat_map(|(service, times)| {
        let lines: Vec<_> = times
            .chunks(MOST_VALUES)
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
fn message(service: &str, worked: &Worked, took: Duration, at: u64) -> Value {
    let mut line = Line::default();
    let dimensions = [("Function", service), ("Outcome", worked.outcome)];
    line.metric(&dimensions, "Messages", 1, "Count");
    line.metric(&[("Function", service)], "Latency", millis(took), "Milliseconds");
    if let Some(upstream) = worked.error.as_ref().map(PortError::service) {
        line.metric(&[("Upstream", upstream)], "UpstreamErrors", 1, "Count");
    }
    line.at(at)
}

/// One line for the invocation, one for each check that failed: a line has one value for each dimension.
fn lines(seen: &Seen, outcome: &Result<Reply, Rejection>, at: u64) -> Vec<Value> {
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

fn report(outcome: &Result<Reply, Rejection>) -> Option<&Report> {
    match outcome {
        Ok(Reply::Report(report)) => Some(report),
        Ok(Reply::Receipt(receipt)) => Some(&receipt.report),
        Err(Rejection::Failure(Failure::Blocked(report))) => Some(report),
        Ok(Reply::Json(_) | Reply::Static(_) | Reply::NoContent) | Err(_) => None,
    }
}

/// The service whose failure it was.
fn upstream(outcome: &Result<Reply, Rejection>) -> Option<&'static str> {
    match outcome {
        Err(Rejection::Failure(Failure::Port(error))) => Some(error.service()),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use gangway_model::{Check, Method, Partition, Severity};

    use super::*;
    use crate::Origin;

    static CHECK: Check = Check { id: "a.b", title: "A", severity: Severity::Blocker, covers: &[] };

    #[test]
    fn an_invocation_is_counted_and_so_is_each_failed_check() {
        let seen = Seen::sample("sts", Origin::Http, Duration::from_millis(12));
        let findings =
            vec![CHECK.failed("seen", "mend"), CHECK.passed("seen"), CHECK.failed("x", "y")];
        let (partition, method) = (Partition::Aws, Method::Sts);
        let report = Report { partition, method, account: None, findings, notices: Vec::new() };
        let blocked = Err(Failure::Blocked(Box::new(report)).into());
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
        let lines = of_waits(&waits, 0);
        let told: Vec<_> =
            lines.iter().map(|line| (&line["Upstream"], &line["UpstreamLatency"])).collect();
        assert_eq!(
            told,
            [(&json!("AWS IAM"), &json!([2000])), (&json!("Palette"), &json!([1000, 3000]))]
        );
        assert_eq!(of_waits(&[("Palette", second); 101], 0).len(), 2);
    }

    #[test]
    fn a_service_that_fails_us_is_counted_by_name() {
        let seen = Seen::sample("accounts", Origin::Http, Duration::ZERO);
        let failed = Err(PortError::TimedOut { service: "Palette" }.into());
        let [line] = lines(&seen, &failed, 0).try_into().unwrap();
        assert_eq!((&line["Upstream"], &line["UpstreamErrors"]), (&json!("Palette"), &json!(1)));
        assert_eq!(line["Outcome"], "upstream-timeout");
    }
}
