//! Requests that are wrong: each gets its status, the member's pointer, and no echo of what it said.

use domain::{Failure, Fault, Method, Partition};
use serde_json::{Value, json};

use crate::{
    Members, Rejection,
    samples::{SECRET, event, http, read, rest},
};

const ROLE: &str = "arn:aws:iam::123456789012:role/SpectroCloudRole";

/// As the function `sts` reads them, and one secret besides.
fn parse(members: &mut Members) -> bool {
    let settings = members.settings(Partition::Aws, Method::Sts, false);
    let role = members.role_arn("roleArn", Partition::Aws);
    settings.is_some() && role.is_some()
}

fn sts(body: &str) -> Result<(), Rejection> {
    let (_, mut members) = read(&rest("POST", "/v1/accounts/sts", body)).order(Method::Sts)?;
    let complete = parse(&mut members);
    members.finish()?;
    assert!(complete);
    Ok(())
}

/// Status and pointers. Asserts on the way that nothing secret is said.
fn said(outcome: Result<(), Rejection>) -> (u16, Vec<String>) {
    let Err(rejection) = outcome else { return (200, Vec::new()) };
    let problem = serde_json::to_string(&rejection.problem("id")).unwrap();
    for part in [SECRET, "wJalrX", "EXAMPLEKEY", "bPxRfi"] {
        assert!(!problem.contains(part), "{problem}");
        assert!(!format!("{rejection:?}").contains(part), "{rejection:?}");
    }
    let mut pointers = Vec::new();
    if let Rejection::Failure(Failure::Invalid(faults)) = &rejection {
        assert!(faults.iter().all(|fault| fault.detail.len() > 20), "{problem}");
        pointers.extend(faults.iter().map(|fault| fault.pointer.clone()));
    }
    (rejection.kind().status, pointers)
}

fn with(member: &str, value: Value) -> String {
    let mut body = json!({ "name": "prod", "roleArn": ROLE });
    body[member] = value;
    body.to_string()
}

#[test]
fn f03_the_request_schema_is_what_is_accepted() {
    let project = json!({ "project": "5f0c1a2b3c4d5e6f70818293" });
    let policy = json!(["arn:aws:iam::aws:policy/PowerUserAccess"]);
    for (member, value) in [
        ("name", json!("prod-1")),
        ("description", json!("")),
        ("description", json!("the team's own")),
        ("partition", json!("aws")),
        ("scope", json!("tenant")),
        ("scope", project),
        ("scope", json!({ "project": "Default" })),
        ("policyArns", json!([])),
        ("policyArns", policy),
        ("privateCloudGateway", json!("gateway-1")),
        ("permissionProfile", json!("minimum-eks-static")),
    ] {
        assert_eq!(said(sts(&with(member, value.clone()))), (200, vec![]), "{member} {value}");
    }
}

#[test]
fn f03_the_schema_of_events_names_the_members_that_are_read() {
    let schema: Value = serde_json::from_str(include_str!(
        "../../../events/schema/gangway-registration-requested.json"
    ))
    .unwrap();
    for example in schema["examples"].as_array().unwrap() {
        let method: Method = example["method"].as_str().unwrap().parse().unwrap();
        let (_, mut members) = read(&event(example)).order(method).unwrap();
        let settings = members.settings(Partition::Aws, method, false).unwrap();
        assert_eq!(settings.policies.len(), 1);
        match method {
            Method::StaticCredentials => {
                assert!(members.secret_arn("secretArn", Partition::Aws).is_some());
            }
            Method::Sts | Method::PodIdentity | Method::Scap => {
                assert!(members.role_arn("roleArn", Partition::Aws).is_some())
            }
        }
        members.finish().unwrap();
        // The common ones, each of which an example has, and the method's own.
        let common = schema["properties"].as_object().unwrap();
        assert_eq!(common.len() + 1, example.as_object().unwrap().len());
        assert!(common.keys().all(|member| example.get(member).is_some()));
    }
}

#[test]
fn every_member_is_judged_by_its_own_rule() {
    let arn = "arn:aws:iam::aws:policy/PowerUserAccess";
    let gov = "arn:aws-us-gov:iam::aws:policy/PowerUserAccess";
    let many: Vec<_> = (0..21).map(|n| format!("arn:aws:iam::aws:policy/P{n}")).collect();
    for (member, value, status, pointers) in [
        ("name", json!(""), 400, vec!["/name"]),
        ("name", json!("n".repeat(65)), 400, vec!["/name"]),
        ("name", json!(SECRET), 400, vec!["/name"]),
        ("name", json!("a\u{0}b"), 400, vec!["/name"]),
        ("name", json!(null), 400, vec!["/name"]),
        ("name", json!(7), 400, vec!["/name"]),
        ("name", json!(true), 400, vec!["/name"]),
        ("name", json!([SECRET]), 400, vec!["/name"]),
        ("name", json!({ "is": SECRET }), 400, vec!["/name"]),
        ("description", json!("d".repeat(256)), 400, vec!["/description"]),
        ("description", json!(format!("{SECRET}\n")), 400, vec!["/description"]),
        ("description", json!(null), 400, vec!["/description"]),
        ("partition", json!("aws-cn"), 400, vec!["/partition"]),
        ("partition", json!(SECRET), 400, vec!["/partition"]),
        ("partition", json!(1), 400, vec!["/partition"]),
        ("partition", json!("aws-us-gov"), 422, vec!["/partition"]),
        ("partition", json!("aws-iso"), 422, vec!["/partition"]),
        ("partition", json!("aws-iso-b"), 422, vec!["/partition"]),
        ("scope", json!("project"), 400, vec!["/scope"]),
        ("scope", json!(SECRET), 400, vec!["/scope"]),
        ("scope", json!([]), 400, vec!["/scope"]),
        ("scope", json!(null), 400, vec!["/scope"]),
        ("scope", json!({}), 400, vec!["/scope/project"]),
        ("scope", json!({ "project": "" }), 400, vec!["/scope/project"]),
        ("scope", json!({ "project": 5 }), 400, vec!["/scope/project"]),
        ("scope", json!({ "project": "p", "uid": SECRET }), 400, vec!["/scope/uid"]),
        ("scope", json!({ "project": "p", SECRET: 1 }), 400, vec!["/scope"]),
        ("policyArns", json!("none"), 400, vec!["/policyArns"]),
        ("policyArns", json!(null), 400, vec!["/policyArns"]),
        ("policyArns", json!([SECRET]), 400, vec!["/policyArns/0"]),
        ("policyArns", json!([arn, 5, "arn"]), 400, vec!["/policyArns/1", "/policyArns/2"]),
        ("policyArns", json!([ROLE]), 400, vec!["/policyArns/0"]),
        ("policyArns", json!([arn, arn]), 400, vec!["/policyArns/1"]),
        ("policyArns", json!([arn, gov]), 422, vec!["/policyArns/1"]),
        ("policyArns", json!(many), 400, vec!["/policyArns"]),
        ("privateCloudGateway", json!(""), 400, vec!["/privateCloudGateway"]),
        ("privateCloudGateway", json!({}), 400, vec!["/privateCloudGateway"]),
        ("permissionProfile", json!("all"), 400, vec!["/permissionProfile"]),
        ("permissionProfile", json!(SECRET), 400, vec!["/permissionProfile"]),
        ("roleArn", json!("SpectroCloudRole"), 400, vec!["/roleArn"]),
        ("roleArn", json!(SECRET), 400, vec!["/roleArn"]),
        ("roleArn", json!(arn), 400, vec!["/roleArn"]),
        ("roleArn", json!(1e300), 400, vec!["/roleArn"]),
        ("roleArn", json!("arn:aws-us-gov:iam::123456789012:role/R"), 422, vec!["/roleArn"]),
        ("roleARN", json!(ROLE), 400, vec!["/roleARN"]),
        ("secretAccessKey", json!(SECRET), 400, vec!["/secretAccessKey"]),
        (SECRET, json!(1), 400, vec![""]),
        ("a/b~c", json!(1), 400, vec![""]),
    ] {
        let pointers: Vec<_> = pointers.into_iter().map(str::to_owned).collect();
        assert_eq!(said(sts(&with(member, value.clone()))), (status, pointers), "{member} {value}");
    }
}

#[test]
fn what_is_no_object_is_told_so() {
    let deep = "[".repeat(200);
    let deep_member = format!(r#"{{"name":{}1{}}}"#, "[".repeat(60), "]".repeat(60));
    for body in [
        "{",
        "nul",
        "null",
        "[]",
        "7",
        "\"text\"",
        "{}{}",
        "{} trailing",
        "{\"name\":}",
        "{'name':'prod'}",
        "{\"name\":\"prod\",}",
        "{\"name\":\"pr",
        "{\"name\":\"\\ud800\"}",
        "{\"name\":\"\\x\"}",
        "{\"name\":\"a\u{0}b\"}",
        "{\"name\":1e999}",
        "{\"name\":NaN}",
        "\u{feff}{}",
        &format!("{{\"secretAccessKey\":\"{SECRET}\" {SECRET}"),
        &format!("\"{SECRET}\""),
        SECRET,
        &deep,
        &deep_member,
    ] {
        assert_eq!(said(sts(body)), (400, vec![String::new()]), "{body}");
    }
}

#[test]
fn f02_every_fault_comes_back_at_once_with_what_is_missing() {
    let pointers = |pointers: &[&str]| pointers.iter().map(|&at| at.to_owned()).collect::<Vec<_>>();
    for empty in ["", "  \n", "{}"] {
        assert_eq!(said(sts(empty)), (400, pointers(&["/name", "/roleArn"])), "{empty:?}");
    }
    let twice =
        format!(r#"{{"name":"a","name":"{SECRET}","roleArn":5,"x":1,"partition":"aws-iso"}}"#);
    let expected = pointers(&["/name", "/partition", "/roleArn", "/x"]);
    assert_eq!(said(sts(&twice)), (400, expected));
    let numbers = r#"{"name":99999999999999999999999999999999999,"roleArn":-0.0}"#;
    assert_eq!(said(sts(numbers)), (400, pointers(&["/name", "/roleArn"])));
}

#[test]
fn texts_name_the_member_the_fault_and_the_remedy() {
    let detail = |body: &str| {
        let rejection = sts(body).unwrap_err();
        let Rejection::Failure(Failure::Invalid(faults)) = rejection else {
            panic!("{rejection:?}")
        };
        faults[0].detail.clone()
    };
    for (body, expected) in [
        (with("name", json!(7)), "name must be a string, not a number"),
        (
            with("colour", json!(7)),
            "colour is not known here: remove it, or use one of name, description, partition, scope, policyArns, privateCloudGateway, permissionProfile, roleArn",
        ),
        (
            with("partition", json!("aws-iso")),
            "sts is not offered in partition aws-iso: use one of static-credentials, scap",
        ),
        (
            with("partition", json!("aws-us-gov")),
            "partition must be aws, which this deployment serves: send the request to the deployment for aws-us-gov",
        ),
        (with("policyArns", json!([1])), "item 0 of policyArns must be a string, not a number"),
        (
            r#"{"name":"prod"}"#.to_owned(),
            "roleArn is missing: it must be an ARN: arn:<partition>:<service>:<region>:<account>:<resource>",
        ),
        (
            "{\n\"name\":".to_owned(),
            "the request is not JSON: it ends too early, at line 2, column 7",
        ),
        ("[]".to_owned(), "the request must be a JSON object, not a list"),
    ] {
        assert_eq!(detail(&body), expected);
    }
}

#[test]
fn bodies_are_json_in_utf_8_of_a_sensible_size() {
    let whole = with("name", json!("prod"));
    let typed = |content_type: Value, body: &str| {
        let mut invocation = http("POST", "/v1/accounts/sts", body);
        invocation["headers"] = content_type;
        read(&invocation).json().map(|_| ())
    };
    for (headers, body, status) in [
        (json!({ "content-type": "application/json" }), whole.as_str(), 200),
        (json!({ "Content-Type": "application/json;charset=utf-8" }), &whole, 200),
        (json!({ "content-type": "text/plain" }), &whole, 415),
        (json!({ "content-type": "application/jsonp" }), &whole, 415),
        (json!({ "content-type": "application/problem+json" }), &whole, 415),
        (json!({ "content-type": "application/x-www-form-urlencoded" }), "name=prod", 415),
        (json!({ "content-type": "" }), &whole, 415),
        (json!({ "content-type": null }), &whole, 415),
        (json!({}), &whole, 415),
        (json!(null), &whole, 415),
        (json!({}), "", 200),
        (json!({ "content-type": "application/json" }), &"x".repeat(256 * 1024 + 1), 413),
        (json!({ "content-type": "text/plain" }), &"x".repeat(1024 * 1024), 413),
    ] {
        assert_eq!(said(typed(headers.clone(), body)).0, status, "{headers}");
    }
    for (base64, status) in [("e30=", 200), ("e30", 400), ("//79", 400), ("{}", 400), ("", 200)] {
        let mut invocation = rest("POST", "/v1/accounts/sts", base64);
        invocation["isBase64Encoded"] = true.into();
        assert_eq!(said(read(&invocation).json().map(|_| ())).0, status, "{base64}");
    }
}

#[test]
fn routes_and_verbs_that_do_not_exist_are_told_from_each_other() {
    for (verb, path, status) in [
        ("POST", "/v1/accounts/sts", 200),
        ("POST", "/v1/accounts/sts/validate", 200),
        ("PUT", "/v1/accounts/sts/5f0c1a2b3c4d5e6f70818293", 200),
        ("GET", "/v1/accounts/sts", 405),
        ("DELETE", "/v1/accounts/sts", 405),
        ("PATCH", "/v1/accounts/sts", 405),
        ("post", "/v1/accounts/sts", 405),
        ("PUT", "/v1/accounts/sts/validate", 405),
        ("PUT", "/v1/accounts/sts/trust", 405),
        ("POST", "/v1/accounts/sts/trust", 405),
        ("POST", "/v1/accounts/sts/5f0c1a2b3c4d5e6f70818293", 405),
        ("PUT", "/v1/accounts/sts/a%2F..%2Fb", 404),
        ("POST", "/v1/accounts/scap", 404),
        ("POST", "/v1/accounts", 404),
        ("POST", "/v1/accounts/sts/validate/more", 404),
        ("POST", "/", 404),
    ] {
        let outcome = read(&rest(verb, path, "{}")).order(Method::Sts).map(|_| ());
        assert_eq!(said(outcome).0, status, "{verb} {path}");
    }
}

#[test]
fn events_carry_no_secret_and_name_their_function() {
    let faults = |detail: Value| {
        let request = read(&event(&detail));
        let outcome = request.order(Method::StaticCredentials).and_then(|(_, mut members)| {
            let settings = members.settings(Partition::Aws, Method::StaticCredentials, false);
            let id = members.required::<String>("accessKeyId");
            let secret = members.secret::<domain::SecretKey>("secretAccessKey");
            members.finish()?;
            assert!(settings.is_some() && id.is_some() && secret.is_some());
            Ok(())
        });
        let Err(Rejection::Failure(Failure::Invalid(faults))) = &outcome else { panic!() };
        let refused = faults.iter().filter(|fault| fault.fault == Fault::Refused).count();
        let text = faults.iter().map(|fault| fault.detail.clone()).collect::<Vec<_>>().join("\n");
        let (_, pointers) = said(outcome);
        (pointers, refused, text)
    };
    let keys = json!({
        "method": "static-credentials",
        "name": "prod",
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "secretAccessKey": SECRET,
    });
    let (pointers, refused, text) = faults(keys.clone());
    assert_eq!((pointers, refused), (vec!["/secretAccessKey".to_owned()], 1));
    assert!(text.contains("send secretArn; this key has passed through an event"), "{text}");
    let mut other = keys.clone();
    other["method"] = "sts".into();
    other["userKey"] = SECRET.into();
    let (pointers, refused, _) = faults(other);
    assert_eq!(pointers, ["/method", "/secretAccessKey", "/userKey"]);
    assert_eq!(refused, 3);
    let (pointers, _, text) =
        faults(json!({ "name": "prod", "accessKeyId": "AKIAIOSFODNN7EXAMPLE" }));
    assert_eq!(pointers, ["/method", "/secretAccessKey"]);
    assert!(text.contains("so send secretArn"), "{text}");
}

#[test]
fn f14_f15_keys_are_judged_and_never_shown() {
    for (id, secret, expected) in [
        (json!("AKIAIOSFODNN7EXAMPLE"), json!(SECRET), vec![]),
        (json!("ASIAIOSFODNN7EXAMPLE"), json!(SECRET), vec!["/accessKeyId"]),
        (json!(SECRET), json!("AKIA"), vec!["/accessKeyId", "/secretAccessKey"]),
        (json!("AKIA"), json!(format!("{SECRET}\n")), vec!["/accessKeyId", "/secretAccessKey"]),
        (json!(null), json!([SECRET]), vec!["/accessKeyId", "/secretAccessKey"]),
        (json!({ SECRET: SECRET }), json!({ SECRET: 1 }), vec!["/accessKeyId", "/secretAccessKey"]),
    ] {
        let body = json!({ "accessKeyId": id, "secretAccessKey": secret }).to_string();
        let mut members = read(&rest("POST", "/v1/policies", &body)).json().unwrap();
        let id = members.required::<domain::AccessKeyId>("accessKeyId");
        let secret = members.secret::<domain::SecretKey>("secretAccessKey");
        assert_eq!(id.is_some() && secret.is_some(), expected.is_empty());
        members.excluded("uid", "must be left out");
        assert_eq!(said(members.finish()).1, expected);
    }
}
