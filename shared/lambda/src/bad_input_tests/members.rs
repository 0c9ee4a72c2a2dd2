//! Members, each wrong in its own way.

use serde_json::json;

use gangway_model::RegistrationError;

use super::{ROLE, said, sts, with};
use crate::{
    ApiError,
    samples::{SECRET, read, rest},
};

/// Rows: F03.
#[test]
fn the_request_schema_is_what_is_accepted() {
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
        ("", json!(1), 400, vec![""]),
    ] {
        let pointers: Vec<_> = pointers.into_iter().map(str::to_owned).collect();
        assert_eq!(said(sts(&with(member, value.clone()))), (status, pointers), "{member} {value}");
    }
}

#[test]
fn every_fault_comes_back_at_once_with_what_is_missing() {
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
        let ApiError::Registration(RegistrationError::Invalid(faults)) = rejection else {
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

/// Rows: F14, F15.
#[test]
fn keys_are_judged_and_never_shown() {
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
        let id = members.required::<gangway_model::AccessKeyId>("accessKeyId");
        let secret = members.secret::<gangway_model::SecretAccessKey>("secretAccessKey");
        assert_eq!(id.is_some() && secret.is_some(), expected.is_empty());
        members.is_excluded("uid", "must be left out");
        assert_eq!(said(members.finish()).1, expected);
    }
}

#[test]
fn a_thousand_unknown_members_make_a_short_answer() {
    let members: Vec<_> = (0..1000).map(|n| format!(r#""m{n}":{n}"#)).collect();
    let body = format!(r#"{{"name":"prod","roleArn":"{ROLE}",{}}}"#, members.join(","));
    let (status, pointers) = said(sts(&body));
    assert_eq!((status, pointers.len()), (400, 21));
    assert_eq!((pointers[0].as_str(), pointers[20].as_str()), ("/m0", ""));
}
