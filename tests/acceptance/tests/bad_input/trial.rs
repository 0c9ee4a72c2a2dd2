//! Sends rows one by one to one process of a function, and looks at everything that could have gone wrong.

use std::time::Duration;

use acceptance::{Answer, JSON, REGISTRATION_REQUESTED, Stage};
use local_cloud::functions::Lambda;
use serde_json::Value;
use tokio::{task::yield_now, time::timeout};

use crate::{
    MARKS,
    row::{Row, Sent},
};

/// What came back, by whichever way.
struct Told {
    status: u16,
    problem: Value,
    /// Everything, as it came.
    text: String,
    /// Of HTTP answers.
    headers: Option<Headers>,
}

struct Headers {
    content_type: String,
    request_id: String,
    allow: String,
}

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
            delivery.outcome.map(invoked).map_err(|error| format!("it would be retried: {error}"))
        }
        Sent::Delivered(detail) => {
            let event = bus.event("portal", REGISTRATION_REQUESTED, detail);
            lambda.invoke(&event).await.map(invoked).map_err(|error| error.to_string())
        }
        Sent::Invocation(payload) => {
            lambda.invoke(payload).await.map(invoked).map_err(|error| error.to_string())
        }
    }
}

fn over_http(answer: Answer) -> Told {
    let header = |name: &str| {
        let value = answer.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let headers = Headers {
        content_type: header("content-type"),
        request_id: header("x-request-id"),
        allow: header("allow"),
    };
    let text = format!("{:?} {}", answer.headers, answer.text);
    Told { status: answer.status, problem: answer.body, text, headers: Some(headers) }
}

/// A proxy's answer, or an event's.
fn invoked(answer: Value) -> Told {
    let text = answer.to_string();
    let Some(status) = answer.get("statusCode").and_then(Value::as_u64) else {
        let problem = answer.get("problem").cloned().unwrap_or_default();
        let status = problem.get("status").and_then(Value::as_u64).unwrap_or_default();
        return Told {
            status: u16::try_from(status).unwrap_or_default(),
            problem,
            text,
            headers: None,
        };
    };
    let member = |pointer: &str| {
        answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let headers = Headers {
        content_type: member("/headers/content-type"),
        request_id: member("/headers/x-request-id"),
        allow: member("/headers/allow"),
    };
    let problem = serde_json::from_str(&member("/body")).unwrap_or_default();
    Told {
        status: u16::try_from(status).unwrap_or_default(),
        problem,
        text,
        headers: Some(headers),
    }
}

fn judge(row: &Row, told: &Told) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expect = |holds: bool, fault: &dyn Fn() -> String| {
        if !holds {
            faults.push(fault());
        }
    };
    let text = |name: &str| told.problem.get(name).and_then(Value::as_str).unwrap_or_default();
    let by_gateway = row.kind == "gateway";
    expect(told.status == row.status, &|| format!("status {}, not {}", told.status, row.status));
    let kind = format!("urn:gangway:problem:{}", row.kind);
    expect(text("type") == kind, &|| format!("type {}, not {kind}", text("type")));
    expect(!text("title").is_empty(), &|| "no title".to_owned());
    expect(!text("requestId").is_empty(), &|| "no requestId".to_owned());
    let status = told.problem.get("status").and_then(Value::as_u64);
    // API Gateway's templates do not know it.
    expect(by_gateway || status == Some(row.status.into()), &|| {
        format!("member status: {status:?}")
    });
    if let Some(Headers { content_type, request_id, allow }) = &told.headers {
        expect(content_type == "application/problem+json", &|| format!("it is {content_type}"));
        expect(by_gateway || request_id == text("requestId"), &|| {
            format!("header x-request-id: {request_id}")
        });
        expect(row.status != 405 || row.remedy.ends_with(allow), &|| format!("allow: {allow}"));
    }
    for mark in MARKS {
        expect(!told.text.contains(mark), &|| format!("the secret's {mark} comes back"));
    }
    let errors = told.problem.get("errors").and_then(Value::as_array);
    let errors: Vec<_> = errors.into_iter().flatten().collect();
    let part = |error: &Value, name: &str| {
        error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let pointers: Vec<_> = errors.iter().map(|error| part(error, "pointer")).collect();
    expect(pointers == row.pointers, &|| format!("faults of {pointers:?}, not {:?}", row.pointers));
    for error in &errors {
        let (pointer, detail) = (part(error, "pointer"), part(error, "detail"));
        expect(names(&pointer, &detail), &|| format!("{pointer:?} is not named: {detail}"));
    }
    let first =
        errors.first().map_or_else(|| text("detail").to_owned(), |error| part(error, "detail"));
    expect(first.contains(&row.remedy), &|| format!("{:?} is not in {first:?}", row.remedy));
    let whole = match errors.len() {
        0 | 1 => first,
        more => format!("the request has {more} faults: see errors"),
    };
    expect(text("detail") == whole, &|| format!("detail {:?}", text("detail")));
    faults
}

/// Whether a text says which member it is about, for people who do not read pointers.
fn names(pointer: &str, detail: &str) -> bool {
    let numbered = |segment: &&str| segment.bytes().all(|byte| byte.is_ascii_digit());
    match pointer.rsplit('/').find(|segment| !numbered(segment)) {
        None | Some("") => {
            ["the request", "the body", "member"].iter().any(|it| detail.contains(it))
        }
        Some(member) => detail.contains(member),
    }
}

/// Each problem has its line in the log, by its id; and no line tells a secret or of a panic.
async fn logged(lambda: &Lambda, ids: &[String]) -> Vec<String> {
    let all_there = async {
        // Lines are on their way through a pipe.
        while !ids.iter().all(|id| lambda.logs().text().contains(id)) {
            yield_now().await;
        }
    };
    let arrived = timeout(Duration::from_secs(10), all_there).await;
    let logs = lambda.logs().text();
    let missing = ids.iter().filter(|id| !logs.contains(*id)).map(|id| format!("- no log of {id}"));
    let mut wrongs: Vec<_> = missing.collect();
    assert!(arrived.is_ok() || !wrongs.is_empty());
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
        _ => stage.get("/v1/accounts").await,
    };
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(function == "accounts" || answer.ready() == Some(true), "{}", answer.text);
    assert_eq!(lambda.processes(), processes, "{function} has started again");
    stage.assert_untouched();
}
