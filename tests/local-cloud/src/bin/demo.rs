//! `make demo`: each method in each partition, from a broken set-up to a registered account and back; with `--tls`, over TLS.
#![expect(clippy::print_stdout, reason = "a program that people read")]

use std::{process::ExitCode, time::Instant};

use domain::{Method, Partition};
use local_cloud::{
    Options, World, outbound,
    template::Template,
    world::{Customer, Realm},
};
use policies::Document;
use serde_json::{Value, json};

type Surprise = String;

#[tokio::main]
async fn main() -> ExitCode {
    match tour().await {
        Ok((registered, 0)) => {
            println!("{registered} registered, 0 failed");
            ExitCode::SUCCESS
        }
        Ok((registered, failed)) => {
            println!("{registered} registered, {failed} failed");
            ExitCode::FAILURE
        }
        Err(surprise) => {
            println!("the demo could not start: {surprise}");
            ExitCode::FAILURE
        }
    }
}

/// How many accounts were registered, and how many were not.
async fn tour() -> Result<(usize, usize), Surprise> {
    let partitions = [Partition::Aws, Partition::AwsUsGov];
    let options = Options { tls: std::env::args().any(|argument| argument == "--tls"), port: 0 };
    let template = Template::of_repository().map_err(|error| error.to_string())?;
    let world = World::of(options, &template, &partitions).await;
    let world = world.map_err(|error| error.to_string())?;
    println!(
        "{:<11} {:<19} {:<30} {:>6} {:>5}  outcome",
        "partition", "method", "step", "status", "ms"
    );
    let (mut registered, mut failed) = (0, 0);
    for realm in world.realms() {
        let gateway = realm.gateway(0).await;
        let [first, second] = &realm.customers;
        for (method, customer) in [(Method::StaticCredentials, first), (Method::Sts, second)] {
            let stop =
                Stop { realm, method, customer, http: outbound::client(None), url: gateway.url() };
            match stop.visit().await {
                Ok(()) => registered += 1,
                Err(surprise) => {
                    failed += 1;
                    println!("  SURPRISE: {surprise}");
                }
            }
            println!();
        }
    }
    Ok((registered, failed))
}

/// One method in one partition.
struct Stop<'a> {
    realm: &'a Realm,
    method: Method,
    customer: &'a Customer,
    http: reqwest::Client,
    url: String,
}

impl Stop<'_> {
    async fn visit(&self) -> Result<(), Surprise> {
        let (accounts, name) = (format!("/v1/accounts/{}", self.method), self.name());
        let (validate, request) = (format!("{accounts}/validate"), self.request());

        self.break_it();
        let report = self
            .call("validate, broken on purpose", 200, "POST", &validate, Some(&request))
            .await?;
        blocked(&report)?;

        self.mend_it();
        let report = self.call("validate, mended", 200, "POST", &validate, Some(&request)).await?;
        expect(report.get("ready") == Some(&json!(true)), || {
            format!("still not ready:{}", told(&report))
        })?;

        let receipt = self.call("register", 201, "POST", &accounts, Some(&request)).await?;
        expect(receipt.get("outcome") == Some(&json!("created")), || {
            format!("no receipt: {receipt}")
        })?;
        let uid = receipt.get("uid").and_then(Value::as_str).unwrap_or_default().to_owned();
        let again = self.call("register again", 200, "POST", &accounts, Some(&request)).await?;
        let same = again.get("outcome") == Some(&json!("unchanged"))
            && again.get("uid") == receipt.get("uid");
        expect(same, || format!("not unchanged: {again}"))?;

        let list = self.call("list", 200, "GET", "/v1/accounts", None).await?;
        expect(names(&list).contains(&name.as_str()), || format!("{name} is not listed"))?;
        self.call("delete", 204, "DELETE", &format!("/v1/accounts/{uid}"), None).await?;
        let list = self.call("list", 200, "GET", "/v1/accounts", None).await?;
        expect(!names(&list).contains(&name.as_str()), || format!("{name} is still listed"))
    }

    fn name(&self) -> String {
        format!("demo-{}-{}", self.realm.partition, self.method)
    }

    fn request(&self) -> Value {
        let name = self.name();
        if self.method == Method::Sts {
            return json!({"name": name, "roleArn": self.customer.role.arn()});
        }
        let keys = &self.customer.keys;
        json!({"name": name, "accessKeyId": keys.id, "secretAccessKey": keys.secret})
    }

    /// A policy is missing; the role trusts Palette with another tenant's external id.
    fn break_it(&self) {
        self.customer.disallow(Document::Nodes);
        if self.method == Method::Sts {
            self.customer.trust_with_wrong_external_id();
        }
    }

    fn mend_it(&self) {
        self.customer.allow(Document::Nodes);
        self.customer.trust_palette();
    }

    /// One request over HTTP, as one row of the table.
    async fn call(
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
        let (partition, method) = (self.realm.partition.id(), self.method.id());
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

/// The report has to say what was broken and how to mend it; here it does so to people.
fn blocked(report: &Value) -> Result<(), Surprise> {
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

fn expect(holds: bool, otherwise: impl FnOnce() -> Surprise) -> Result<(), Surprise> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn checks(report: &Value) -> &[Value] {
    report.get("checks").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn failing(report: &Value) -> Vec<&Value> {
    checks(report).iter().filter(|check| check.get("outcome") == Some(&json!("failed"))).collect()
}

fn names(list: &Value) -> Vec<&str> {
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

fn told(report: &Value) -> String {
    let told = |check: &&Value| format!("\n    {check}");
    failing(report).iter().map(told).collect()
}

fn detail(answer: &Value) -> String {
    let member = |name: &str| answer.get(name).and_then(Value::as_str);
    member("detail").or(member("message")).or(member("title")).unwrap_or_default().to_owned()
        + &told(answer)
}
