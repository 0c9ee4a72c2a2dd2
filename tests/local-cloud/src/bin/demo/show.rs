//! Requests as a portal sends them, and rows that people read.

use std::time::Instant;

use local_cloud::{outbound, world::Realm};
use serde_json::{Value, json};

/// What should not have been.
pub(crate) type Surprise = String;

/// The table's heading.
pub(crate) fn heading() {
    println!(
        "{:<11} {:<19} {:<30} {:>6} {:>5}  outcome",
        "partition", "method", "step", "status", "ms"
    );
}

/// A portal of one partition.
pub(crate) struct Portal<'a> {
    pub(crate) realm: &'a Realm,
    /// What its rows say of the method.
    label: &'static str,
    http: reqwest::Client,
    url: String,
}

impl<'a> Portal<'a> {
    pub(crate) fn of(realm: &'a Realm, label: &'static str, url: String) -> Self {
        Self { realm, label, http: outbound::client(None), url }
    }

    /// One request over HTTP, as one row of the table.
    pub(crate) async fn call(
        &self,
        step: &str,
        expected: u16,
        verb: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Surprise> {
        let verb = verb.parse().map_err(|_unknown| format!("no verb {verb}"))?;
        let mut request = self.http.request(verb, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(body);
        }
        let started = Instant::now();
        let response = request.send().await.map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let refused = response.headers().get("x-local-cloud-error").cloned();
        let text = response.text().await.map_err(|error| error.to_string())?;
        let took = started.elapsed().as_millis();
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        let (partition, method) = (self.realm.partition.id(), self.label);
        println!(
            "{partition:<11} {method:<19} {step:<30} {status:>6} {took:>5}  {}",
            summary(&answer)
        );
        expect(status == expected, || {
            let told = refused.and_then(|told| told.to_str().map(str::to_owned).ok());
            format!("{expected} was expected: {}", told.unwrap_or_else(|| detail(&answer)))
        })?;
        Ok(answer)
    }
}

/// A row of what came by itself.
pub(crate) fn row(realm: &Realm, label: &str, step: &str, outcome: &str) {
    let partition = realm.partition.id();
    println!("{partition:<11} {label:<19} {step:<30} {:>6} {:>5}  {outcome}", "", "");
}

/// The report has to say what was broken and how to fix it; here it does so to people.
pub(crate) fn blocked(report: &Value) -> Result<(), Surprise> {
    expect(report.get("ready") == Some(&json!(false)), || "ready, though broken".to_owned())?;
    let failed = failing(report);
    expect(!failed.is_empty(), || "not ready, but nothing failed".to_owned())?;
    for check in failed {
        let part = |member: &str| check.get(member).and_then(Value::as_str).unwrap_or_default();
        println!("    ✗ {} ({})", part("title"), part("id"));
        println!("{}", wrapped("seen:  ", part("observed")));
        println!("{}", wrapped("remedy:", part("remedy")));
    }
    Ok(())
}

pub(crate) fn expect(holds: bool, otherwise: impl FnOnce() -> Surprise) -> Result<(), Surprise> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn checks(report: &Value) -> &[Value] {
    report.get("checks").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn failing(report: &Value) -> Vec<&Value> {
    checks(report).iter().filter(|check| check.get("outcome") == Some(&json!("failed"))).collect()
}

pub(crate) fn names(list: &Value) -> Vec<&str> {
    let accounts = list.get("accounts").and_then(Value::as_array);
    accounts.into_iter().flatten().filter_map(|account| account.get("name")?.as_str()).collect()
}

/// What a row says of an answer.
fn summary(answer: &Value) -> String {
    if let Some(ready) = answer.get("ready").and_then(Value::as_bool) {
        let (all, failed) = (checks(answer).len(), failing(answer).len());
        let verdict = if ready { "ready" } else { "not ready" };
        return format!("{verdict}: {all} checks, {failed} failed");
    }
    if let Some(outcome) = answer.get("outcome").and_then(Value::as_str) {
        let uid = answer.get("uid").and_then(Value::as_str).unwrap_or_default();
        return format!("{outcome} {uid}");
    }
    if answer.get("accounts").is_some() {
        return format!("{} accounts", names(answer).len());
    }
    answer.get("title").and_then(Value::as_str).unwrap_or("done").to_owned()
}

/// Lines of at most 110 characters under a label; a word that is longer stays whole.
fn wrapped(label: &str, text: &str) -> String {
    let (indent, mut lines) = (" ".repeat(8 + label.len()), vec![format!("        {label}")]);
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < 110 => line.extend([" ", word]),
            Some(_) | None => lines.push(format!("{indent} {word}")),
        }
    }
    lines.join("\n")
}

pub(crate) fn told(report: &Value) -> String {
    let told = |check: &&Value| format!("\n    {check}");
    failing(report).iter().map(told).collect()
}

fn detail(answer: &Value) -> String {
    let member = |name: &str| answer.get(name).and_then(Value::as_str);
    member("detail").or(member("message")).or(member("title")).unwrap_or_default().to_owned()
        + &told(answer)
}
