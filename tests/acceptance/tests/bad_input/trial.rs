//! Sends rows one by one to one process of a function, and looks at everything that could have gone wrong.

use acceptance::{JSON, REGISTRATION_REQUESTED, Stage, comes_true};
use local_cloud::functions::Lambda;
use serde_json::Value;

use crate::{
    MARKS,
    answer::{Told, invoked, judge, over_http},
    row::{Row, Sent},
};

/// Every row gets what it deserves, and the function is none the worse for it.
pub(crate) async fn turned_away(stage: &Stage, function: &str, rows: Vec<Row>) {
    let lambda = stage.realm().functions.get(function).expect("a deployed function");
    let wrongs = trial(stage, lambda, rows).await;
    assert!(wrongs.is_empty(), "{function}: {} rows\n{}", wrongs.len(), wrongs.join("\n"));
    still_serves(stage, function).await;
}

/// Everything that is not as it should be, all rows together.
pub(crate) async fn trial(stage: &Stage, lambda: &Lambda, rows: Vec<Row>) -> Vec<String> {
    lambda.warm().await.expect("a process");
    let (processes, secrets) = (lambda.processes(), stage.realm().deployment.secrets());
    let (mut wrongs, mut ids) = (Vec::new(), Vec::new());
    for row in rows {
        stage.cloud().calls().clear();
        let told = send(stage, lambda, &row.sent).await;
        let mut faults = match &told {
            Ok(told) => judge(&row, told),
            Err(fault) => vec![fault.clone()],
        };
        let calls = stage.cloud().calls().lines();
        if !calls.iter().all(|call| may_call(&row, call)) {
            faults.push(format!("it called {calls:?}"));
        }
        if stage.realm().deployment.secrets() != secrets {
            faults.push("secrets have changed".to_owned());
        }
        if lambda.processes() != processes {
            faults.push("the process is another one".to_owned());
        }
        if let (Ok(told), true) = (&told, row.kind != "gateway") {
            let id = told.problem.get("requestId").and_then(Value::as_str);
            ids.extend(id.map(str::to_owned));
        }
        if !faults.is_empty() {
            let answer = told.map_or_else(|fault| fault, |told| told.text);
            wrongs.push(format!("- {}: {}\n    {answer:.600}", row.name, faults.join("; ")));
        }
    }
    wrongs.extend(logged(lambda, &ids).await);
    wrongs
}

/// Only a secret's inside costs a call, and none goes to Palette.
fn may_call(row: &Row, call: &str) -> bool {
    row.opens_secret && call.starts_with("secretsmanager GetSecretValue ")
}

async fn send(stage: &Stage, lambda: &Lambda, sent: &Sent) -> Result<Told, String> {
    let bus = &stage.realm().bus;
    match sent {
        Sent::Http { verb, path, content_type, body } => {
            let headers: Vec<_> =
                content_type.map(|declared| (JSON.0, declared)).into_iter().collect();
            let body = (!body.is_empty()).then(|| body.clone());
            Ok(over_http(stage.send(verb, path, &headers, body).await))
        }
        Sent::Event(detail) => {
            let mut deliveries = bus.put_event("portal", REGISTRATION_REQUESTED, detail).await;
            let delivery = deliveries.pop().ok_or("it was not delivered")?;
            let function = &lambda.function().package;
            if !deliveries.is_empty() || delivery.package != *function {
                return Err(format!("it was not delivered to {function} alone"));
            }
            delivery
                .outcome
                .map(|answer| invoked(&answer))
                .map_err(|error| format!("it would be retried: {error}"))
        }
        Sent::Delivered(detail) => {
            let event = bus.event("portal", REGISTRATION_REQUESTED, detail);
            lambda
                .invoke(&event)
                .await
                .map(|answer| invoked(&answer))
                .map_err(|error| error.to_string())
        }
        Sent::Invocation(payload) => lambda
            .invoke(payload)
            .await
            .map(|answer| invoked(&answer))
            .map_err(|error| error.to_string()),
    }
}

/// Each problem has its line in the log, by its id; and no line tells a secret or of a panic.
async fn logged(lambda: &Lambda, ids: &[String]) -> Vec<String> {
    let arrived = comes_true(|| ids.iter().all(|id| lambda.logs().text().contains(id))).await;
    let logs = lambda.logs().text();
    let missing = ids.iter().filter(|id| !logs.contains(*id)).map(|id| format!("- no log of {id}"));
    let mut wrongs: Vec<_> = missing.collect();
    assert!(arrived || !wrongs.is_empty());
    let unspeakable = MARKS.iter().chain(&["panicked", "\"ERROR\"", "RUST_BACKTRACE"]);
    for word in unspeakable {
        let lines = logs.lines().filter(|line| line.contains(word));
        wrongs.extend(lines.map(|line| format!("- the log says {word}: {line:.400}")));
    }
    wrongs
}

/// The same process takes a request that is right.
async fn still_serves(stage: &Stage, function: &str) {
    let lambda = stage.realm().functions.get(function).expect("a deployed function");
    let processes = lambda.processes();
    let (keys, role) = (&stage.customer().keys, stage.customer().role.arn());
    let answer = match function {
        "static-credentials" => {
            let body = serde_json::json!({"name": "prod", "accessKeyId": keys.id, "secretAccessKey": keys.secret});
            stage.post("/v1/accounts/static-credentials/validate", &body).await
        }
        "sts" => {
            let body = serde_json::json!({"name": "prod", "roleArn": role});
            stage.post("/v1/accounts/sts/validate", &body).await
        }
        "pod-identity" => stage.get("/v1/accounts/pod-identity/plan?clusterName=palette").await,
        _ => stage.get("/v1/accounts").await,
    };
    assert_eq!(answer.status, 200, "{}", answer.text);
    let shown = matches!(function, "accounts" | "pod-identity");
    assert!(shown || answer.ready() == Some(true), "{}", answer.text);
    assert_eq!(lambda.processes(), processes, "{function} has started again");
    stage.assert_untouched();
}
