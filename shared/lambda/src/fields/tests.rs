//! Tests which errors are returned for fields that break several rules. The acceptance suite
//! `bad_input` tests each rule.

use gangway_model::{AuthMethod, Partition, RegistrationError};
use serde_json::{Value, json};

use crate::{ApiError, Fields, samples::SECRET};

const ROLE: &str = "arn:aws:iam::123456789012:role/SpectroCloudRole";

/// Reads the fields as the function `sts` does.
fn parse(body: &str) -> Result<(), ApiError> {
    let mut fields = Fields::from_json(body)?;
    let account = fields.account_spec(Partition::Aws, AuthMethod::Sts, false);
    let role = fields.role_arn("roleArn", Partition::Aws);
    fields.finish(account.zip(role).map(|_| ()))
}

/// Returns the pointers of all errors. Fails if an error contains a secret.
fn pointers(body: &str) -> Vec<String> {
    let Err(error) = parse(body) else { return Vec::new() };
    assert!(!format!("{error:?}").contains("wJalrX"), "{error:?}");
    let ApiError::Registration(RegistrationError::Invalid(errors)) = error else { panic!() };
    errors.into_iter().map(|error| error.pointer).collect()
}

/// Returns a valid request in which one field has this value.
fn request_with(field: &str, value: Value) -> String {
    let mut body = json!({ "name": "prod", "roleArn": ROLE });
    body[field] = value;
    body.to_string()
}

#[test]
fn every_error_is_returned_at_once() {
    assert_eq!(pointers("{}"), ["/name", "/roleArn"]);
    let body =
        format!(r#"{{"name":"a","name":"{SECRET}","roleArn":5,"x":1,"partition":"aws-iso"}}"#);
    assert_eq!(pointers(&body), ["/name", "/partition", "/roleArn", "/x"]);
    let numbers = r#"{"name":99999999999999999999999999999999999,"roleArn":-0.0}"#;
    assert_eq!(pointers(numbers), ["/name", "/roleArn"]);
    assert_eq!(pointers(&request_with(SECRET, json!(1))), [""]);
    assert_eq!(pointers(&request_with("scope", json!({ "project": "p", SECRET: 1 }))), ["/scope"]);
}

const MEMBERS: [&str; 11] = [
    "accessKeyId",
    "description",
    "name",
    "policyArns",
    "privateCloudGateway",
    "rolePrefix",
    "scope",
    "secretAccessKey",
    "userCertificate",
    "userKey",
    "waivedChecks",
];

/// A secret in another member would be logged, or sent to Palette in clear text.
#[test]
fn a_member_that_repeats_a_secret_is_rejected_without_its_value() {
    let words = "dA39a3Ee5e6b4b0d3255Bfef95601890aFd80709";
    let (id, pem_line) =
        ("AKIAIOSFODNN7EXAMPLE", "MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY");
    let pem = format!("-----BEGIN EC PRIVATE KEY-----\n{pem_line}\n-----END EC PRIVATE KEY-----\n");
    let rejected_members = |body: &Value| -> Vec<String> {
        let mut fields = Fields::from_json(&body.to_string()).unwrap();
        for member in MEMBERS {
            drop(fields.take(member));
        }
        let errors = fields.into_errors();
        assert!(
            errors
                .iter()
                .all(|it| ![words, id, pem_line].iter().any(|key| it.detail.contains(key)))
        );
        let repeated =
            errors.into_iter().filter(|error| error.detail.contains("contains the value of"));
        repeated.map(|error| error.pointer).collect()
    };
    for (member, value) in [
        ("description", json!(words)),
        ("description", json!(format!("key {words} of 2026"))),
        ("name", json!(format!("prod-{words}"))),
        ("rolePrefix", json!(words)),
        ("privateCloudGateway", json!(words)),
        ("accessKeyId", json!(words)),
        ("scope", json!({ "project": words })),
        ("scope", json!({ words: 1 })),
        ("policyArns", json!([{ "a": [words] }])),
        ("waivedChecks", json!(["iam.actions-allowed", words])),
    ] {
        let mut body = json!({ "name": "prod", "accessKeyId": id, "secretAccessKey": words });
        body[member] = value;
        assert_eq!(rejected_members(&body), [format!("/{member}")], "{body}");
    }
    for (body, pointers) in [
        (json!({ "userKey": pem, "description": pem_line }), vec!["/description"]),
        (json!({ "userKey": pem, "userCertificate": pem }), vec![]),
        (json!({ "accessKeyId": id, "name": format!("user {id}") }), vec!["/name"]),
        (json!({ "accessKeyId": id, "description": format!("key {id}") }), vec![]),
        (json!({ "secretAccessKey": "", "name": "prod" }), vec![]),
        (json!({ "secretAccessKey": "prod", "name": "prod" }), vec![]),
        (
            json!({ "secretAccessKey": words, "name": "da39a3ee5e6b4b0d3255bfef95601890afd80709" }),
            vec![],
        ),
    ] {
        assert_eq!(rejected_members(&body), pointers, "{body}");
    }
}

#[test]
fn unknown_query_parameters_are_named() {
    let parameters = [("limit", "5"), ("filter", "prod"), (SECRET, "1")];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut fields = Fields::from_query(parameters.iter().map(|(name, value)| (name, value)));
    fields.optional::<String>("limit").unwrap();
    let errors: Vec<_> =
        fields.into_errors().into_iter().map(|error| (error.pointer, error.detail)).collect();
    assert_eq!(errors[0].0, "/filter");
    assert!(
        errors[0].1.starts_with("filter is unknown: remove it, or use one of limit"),
        "{errors:?}"
    );
    assert!(errors[1].1.starts_with("a query parameter is unknown"), "{errors:?}");
}

#[test]
fn only_the_first_twenty_unknown_fields_are_listed() {
    let fields: Vec<_> = (0..1000).map(|n| format!(r#""m{n}":{n}"#)).collect();
    let body = format!(r#"{{"name":"prod","roleArn":"{ROLE}",{}}}"#, fields.join(","));
    let pointers = pointers(&body);
    assert_eq!(pointers.len(), 21);
    assert_eq!((pointers[0].as_str(), pointers[20].as_str()), ("/m0", ""));
}

#[test]
fn a_missing_value_without_an_error_is_an_internal_error() {
    assert!(matches!(Fields::empty().finish(None::<()>), Err(ApiError::Internal)));
}

#[test]
fn errors_contain_the_field_the_rule_and_the_remedy() {
    let detail = |body: &str| {
        let error = parse(body).unwrap_err();
        let ApiError::Registration(RegistrationError::Invalid(errors)) = error else {
            panic!("{error:?}")
        };
        errors[0].detail.clone()
    };
    for (body, expected) in [
        (request_with("name", json!(7)), "name must be a string, not a number"),
        (
            request_with("colour", json!(7)),
            "colour is unknown: remove it, or use one of name, description, partition, scope, policyArns, privateCloudGateway, permissionProfile, region, waivedChecks, roleArn",
        ),
        (
            request_with("partition", json!("aws-iso")),
            "sts is not offered in partition aws-iso: use one of static-credentials, scap",
        ),
        (
            request_with("partition", json!("aws-us-gov")),
            "partition must be aws, which this deployment serves: send the request to the deployment for aws-us-gov",
        ),
        (
            request_with("policyArns", json!([1])),
            "item 0 of policyArns must be a string, not a number",
        ),
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
