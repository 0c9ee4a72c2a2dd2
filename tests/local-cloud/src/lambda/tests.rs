//! Tests of instances and the runtime API with a script as function.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use serde_json::json;

use super::*;

/// A function in Python: returns event and environment, or does what the event says.
const SCRIPT: &str = r#"#!/usr/bin/env python3
import http.client, json, os, sys, time
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
base = "/2018-06-01/runtime"
def call(verb, path, body=None):
    link = http.client.HTTPConnection(api)
    link.request(verb, base + path, body)
    answer = link.getresponse()
    return answer.headers, answer.read()
if os.environ.get("FAIL_AT_START"):
    call("POST", "/init/error", json.dumps({"errorType": "Boom", "errorMessage": "no start"}))
    sys.exit(1)
print("started", flush=True)
while True:
    headers, body = call("GET", "/invocation/next")
    event = json.loads(body)
    to = "/invocation/" + headers["Lambda-Runtime-Aws-Request-Id"]
    print("event", flush=True)
    if event.get("do") == "exit": sys.exit(3)
    if event.get("do") == "sleep": time.sleep(60)
    if event.get("do") == "fail":
        call("POST", to + "/error", json.dumps({"errorType": "Bad", "errorMessage": "it went wrong"}))
    else:
        arn, deadline = headers["Lambda-Runtime-Invoked-Function-Arn"], headers["Lambda-Runtime-Deadline-Ms"]
        call("POST", to + "/response", json.dumps({
            "event": event, "arn": arn, "left": int(deadline) / 1000 - time.time(), "pid": os.getpid(),
            "region": os.environ["AWS_REGION"], "key": os.environ["AWS_ACCESS_KEY_ID"],
            "palette": os.environ["PALETTE_URL"], "home": os.environ.get("HOME")}))
"#;

fn lambda(folder: &Path, environment: &[(&str, &str)]) -> LambdaFunction {
    fs::create_dir_all(folder).unwrap();
    let script = folder.join("scripted");
    fs::write(&script, SCRIPT).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let own = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let function = Function {
        logical_id: "Scripted".into(),
        name: "gangway-Scripted".into(),
        arn: "arn:aws:lambda:eu-west-1:111122223333:function:gangway-Scripted".into(),
        package: "scripted".into(),
        environment: own(environment),
        timeout: Duration::from_secs(20),
        memory: 256,
        policies: Vec::new(),
        managed_policies: Vec::new(),
        routes: Vec::new(),
        rules: Vec::new(),
        queues: Vec::new(),
        schedules: Vec::new(),
    };
    let hosting = HostConfig {
        binaries: folder.to_owned(),
        region: "eu-west-1".into(),
        environment: own(&[("PALETTE_URL", "http://127.0.0.1:1")]),
        issue_credentials: Arc::new(|_function, _lasting| RoleCredentials {
            access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG".into(),
            session_token: "token".into(),
        }),
        clock: Arc::default(),
    };
    LambdaFunction::new(function, Arc::new(hosting))
}

fn folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("gangway-{}-{name}", std::process::id()))
}

#[tokio::test]
async fn instance_serves_events_one_after_the_other() {
    let folder = folder("serves");
    let lambda = lambda(&folder, &[("PALETTE_URL", "https://api.spectrocloud.com")]);
    let first = lambda.invoke(&json!({"n": 1})).await.unwrap();
    let second = lambda.invoke(&json!({"n": 2})).await.unwrap();
    assert_eq!(first["event"], json!({"n": 1}));
    assert_eq!(first["pid"], second["pid"], "the same process");
    assert_eq!(first["arn"], "arn:aws:lambda:eu-west-1:111122223333:function:gangway-Scripted");
    assert_eq!(
        (&first["region"], &first["key"]),
        (&json!("eu-west-1"), &json!("ASIAIOSFODNN7EXAMPLE"))
    );
    assert_eq!((&first["palette"], &first["home"]), (&json!("http://127.0.0.1:1"), &Value::Null));
    assert!((10.0..=20.1).contains(&first["left"].as_f64().unwrap()), "{first}");
    let failed = lambda.invoke(&json!({"do": "fail"})).await.unwrap_err();
    assert!(matches!(failed, FunctionError::Failed { kind, .. } if kind == "Bad"));
    assert_eq!(lambda.cold_start_times().len(), 1, "an error does not end it");
    lambda.stop_idle_instances();
    let third = lambda.invoke(&json!({"n": 3})).await.unwrap();
    assert_ne!(first["pid"], third["pid"]);
    assert!(lambda.logs().text().starts_with("started\nevent\n"));
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn concurrent_events_use_separate_instances() {
    let folder = folder("many");
    let lambda = lambda(&folder, &[]);
    let (one, other) = (json!({"n": 1}), json!({"n": 2}));
    let (one, other) = tokio::join!(lambda.invoke(&one), lambda.invoke(&other));
    assert_ne!(one.unwrap()["pid"], other.unwrap()["pid"]);
    assert_eq!(lambda.process_ids().len(), 2);
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn invocation_errors_are_distinguished() {
    let folder = folder("fails");
    let function = lambda(&folder, &[]);
    let exited = function.invoke(&json!({"do": "exit"})).await.unwrap_err();
    assert!(
        matches!(&exited, FunctionError::Exited { reason, .. } if reason.contains('3')),
        "{exited}"
    );
    function.set_timeout(Duration::from_secs(2));
    let late = function.invoke(&json!({"do": "sleep"})).await.unwrap_err();
    assert!(matches!(late, FunctionError::TimedOut { .. }), "{late}");
    assert_eq!(function.process_ids().len(), 0, "it was killed");
    let failing = lambda(&folder, &[("FAIL_AT_START", "1")]);
    let init = failing.invoke(&json!({})).await.unwrap_err();
    assert!(
        matches!(&init, FunctionError::Init { reason, .. } if reason.contains("no start")),
        "{init}"
    );
    fs::remove_dir_all(&folder).unwrap();
    let missing = failing.invoke(&json!({})).await.unwrap_err();
    assert!(missing.to_string().contains("cargo build --workspace --bins"), "{missing}");
}
