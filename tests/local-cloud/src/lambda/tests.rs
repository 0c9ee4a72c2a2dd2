//! Tests of instances and of the runtime API. A Python script is the function.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use serde_json::json;

use super::*;

/// The function of the tests. It returns its event and some environment variables. The member `do`
/// of the event makes it fail, sleep or exit.
const SCRIPT: &str = r#"#!/usr/bin/env python3
import http.client, json, os, sys, time
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
base = "/2018-06-01/runtime"
def call(method, path, body=None):
    connection = http.client.HTTPConnection(api)
    connection.request(method, base + path, body)
    response = connection.getresponse()
    return response.headers, response.read()
if os.environ.get("FAIL_AT_START"):
    error = {"errorType": "StartError", "errorMessage": "The start failed."}
    call("POST", "/init/error", json.dumps(error))
    sys.exit(1)
print("started", flush=True)
while True:
    headers, body = call("GET", "/invocation/next")
    event = json.loads(body)
    invocation = "/invocation/" + headers["Lambda-Runtime-Aws-Request-Id"]
    print("event", flush=True)
    if event.get("do") == "exit": sys.exit(3)
    if event.get("do") == "sleep": time.sleep(60)
    if event.get("do") == "fail":
        call("POST", invocation + "/error",
             json.dumps({"errorType": "Bad", "errorMessage": "The test demands an error."}))
    else:
        arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        deadline = int(headers["Lambda-Runtime-Deadline-Ms"]) / 1000
        call("POST", invocation + "/response", json.dumps({
            "event": event, "arn": arn, "remaining_seconds": deadline - time.time(),
            "pid": os.getpid(),
            "region": os.environ["AWS_REGION"], "access_key": os.environ["AWS_ACCESS_KEY_ID"],
            "palette": os.environ["PALETTE_URL"], "home": os.environ.get("HOME")}))
"#;

/// Deploys the script with these environment variables in the template.
fn deploy_script(folder: &Path, environment: &[(&str, &str)]) -> LambdaFunction {
    fs::create_dir_all(folder).unwrap();
    let script = folder.join("scripted");
    fs::write(&script, SCRIPT).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let to_variables = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let function = Function {
        logical_id: "Scripted".into(),
        name: "gangway-Scripted".into(),
        arn: "arn:aws:lambda:eu-west-1:111122223333:function:gangway-Scripted".into(),
        package: "scripted".into(),
        environment: to_variables(environment),
        timeout: Duration::from_secs(20),
        memory: 256,
        policies: Vec::new(),
        managed_policies: Vec::new(),
        routes: Vec::new(),
        rules: Vec::new(),
        queues: Vec::new(),
        schedules: Vec::new(),
    };
    let host_config = HostConfig {
        binaries: folder.to_owned(),
        region: "eu-west-1".into(),
        environment: to_variables(&[("PALETTE_URL", "http://127.0.0.1:1")]),
        issue_credentials: Arc::new(|_function, _lifetime| RoleCredentials {
            access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG".into(),
            session_token: "token".into(),
        }),
        clock: Arc::default(),
    };
    LambdaFunction::new(function, Arc::new(host_config))
}

/// Returns the path of a temporary folder for one test.
fn temporary_folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("gangway-{}-{name}", std::process::id()))
}

#[tokio::test]
async fn idle_instance_gets_the_next_event() {
    let folder = temporary_folder("serves");
    let lambda = deploy_script(&folder, &[("PALETTE_URL", "https://api.spectrocloud.com")]);
    let first = lambda.invoke(&json!({"n": 1})).await.unwrap();
    let second = lambda.invoke(&json!({"n": 2})).await.unwrap();
    assert_eq!(first["event"], json!({"n": 1}));
    assert_eq!(first["pid"], second["pid"], "both events are handled by the same process");
    assert_eq!(first["arn"], "arn:aws:lambda:eu-west-1:111122223333:function:gangway-Scripted");
    assert_eq!(
        (&first["region"], &first["access_key"]),
        (&json!("eu-west-1"), &json!("ASIAIOSFODNN7EXAMPLE"))
    );
    assert_eq!((&first["palette"], &first["home"]), (&json!("http://127.0.0.1:1"), &Value::Null));
    assert!((10.0..=20.1).contains(&first["remaining_seconds"].as_f64().unwrap()), "{first}");
    let failed = lambda.invoke(&json!({"do": "fail"})).await.unwrap_err();
    assert!(matches!(failed, FunctionError::Failed { kind, .. } if kind == "Bad"));
    assert_eq!(lambda.cold_start_times().len(), 1, "an instance continues after an error");
    lambda.stop_idle_instances();
    let third = lambda.invoke(&json!({"n": 3})).await.unwrap();
    assert_ne!(first["pid"], third["pid"]);
    assert!(lambda.logs().text().starts_with("started\nevent\n"));
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn concurrent_events_get_separate_instances() {
    let folder = temporary_folder("many");
    let lambda = deploy_script(&folder, &[]);
    let (first, second) = (json!({"n": 1}), json!({"n": 2}));
    let (first, second) = tokio::join!(lambda.invoke(&first), lambda.invoke(&second));
    assert_ne!(first.unwrap()["pid"], second.unwrap()["pid"]);
    assert_eq!(lambda.process_ids().len(), 2);
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn function_error_says_why_there_is_no_response() {
    let folder = temporary_folder("fails");
    let function = deploy_script(&folder, &[]);
    let exited = function.invoke(&json!({"do": "exit"})).await.unwrap_err();
    assert!(
        matches!(&exited, FunctionError::Exited { reason, .. } if reason.contains('3')),
        "{exited}"
    );
    function.set_timeout(Duration::from_secs(2));
    let timed_out = function.invoke(&json!({"do": "sleep"})).await.unwrap_err();
    assert!(matches!(timed_out, FunctionError::TimedOut { .. }), "{timed_out}");
    assert_eq!(function.process_ids().len(), 0, "the process was killed");
    let failing = deploy_script(&folder, &[("FAIL_AT_START", "1")]);
    let init = failing.invoke(&json!({})).await.unwrap_err();
    assert!(
        matches!(&init, FunctionError::Init { reason, .. } if reason.contains("The start failed.")),
        "{init}"
    );
    fs::remove_dir_all(&folder).unwrap();
    let missing = failing.invoke(&json!({})).await.unwrap_err();
    assert!(missing.to_string().contains("cargo build --workspace --bins"), "{missing}");
}
