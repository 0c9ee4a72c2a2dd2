//! Cases of the request members that every method has, with invalid values.

use serde_json::{Value, json};

use crate::{
    SECRET,
    case::{InvalidRequestCase, bus_event, post, with_member, without_member},
};

const POLICY_ARN: &str = "arn:aws:iam::aws:policy/PowerUserAccess";

/// Returns cases with one invalid member each. `base` is a valid request. `classified_remedy` is
/// the expected remedy if the request names a classified partition.
pub(crate) fn common_member_cases(
    path: &str,
    base: &Value,
    classified_remedy: &str,
) -> Vec<InvalidRequestCase> {
    let mut invalid_requests = text_member_cases(path, base);
    let in_path = "the scope is in the path: send the request below";
    invalid_requests.extend(["tenant".into(), json!({ "project": "Default" }), Value::Null].map(
        |scope| {
            let name = format!("scope {scope} in the body");
            post(&name, path, with_member(base, "scope", scope).to_string())
                .expect_400(&["/scope"], in_path)
        },
    ));
    invalid_requests.extend(policy_arn_cases(path, base));
    invalid_requests.extend(unknown_member_cases(path, base));
    for (partition, remedy) in [
        ("aws-us-gov", "send the request to the deployment for aws-us-gov"),
        ("aws-iso", classified_remedy),
        ("aws-iso-b", classified_remedy),
    ] {
        let body = with_member(base, "partition", partition.into()).to_string();
        let case = post(&format!("partition {partition}"), path, body);
        invalid_requests.push(case.expect_422(&["/partition"], remedy));
    }
    invalid_requests
}

/// Returns cases with an invalid value of a member that must be a string.
fn text_member_cases(path: &str, base: &Value) -> Vec<InvalidRequestCase> {
    let name = "must be 1 to 64 characters (at most 128 bytes) that can be seen";
    let description = "must be at most 255 characters, without line breaks or other control";
    let partition = "must be one of aws, aws-us-gov, aws-iso-b, aws-iso";
    let gateway = "must be a uid or a name: 1 to 128 characters";
    let profile = "minimum-iaas-static";
    let invalid_requests: Vec<(&str, Value, &str)> = vec![
        ("name", "".into(), name),
        ("name", "n".repeat(65).into(), name),
        ("name", "n".repeat(100_000).into(), name),
        ("name", " prod".into(), name),
        ("name", "prod ".into(), name),
        ("name", " ".into(), name),
        ("name", "支".repeat(43).into(), name),
        ("name", "a\u{0}b".into(), "the invisible character U+0000"),
        ("name", "a\nb".into(), "the invisible character U+000A"),
        ("name", "a\u{202e}b".into(), "the invisible character U+202E"),
        ("name", "a\u{a0}b".into(), "the invisible character U+00A0"),
        ("name", "a\u{200b}b".into(), "the invisible character U+200B"),
        ("name", "\u{feff}prod".into(), "the invisible character U+FEFF"),
        ("name", SECRET.into(), name),
        ("name", Value::Null, "must be a string, not null"),
        ("name", 7.into(), "must be a string, not a number"),
        ("name", 1e300.into(), "must be a string, not a number"),
        ("name", true.into(), "must be a string, not a boolean"),
        ("name", json!([SECRET]), "must be a string, not a list"),
        ("name", json!({ "is": SECRET }), "must be a string, not an object"),
        ("description", "d".repeat(256).into(), description),
        ("description", "two\nlines".into(), description),
        ("description", "a\u{0}NUL".into(), description),
        ("description", "an\u{1b}[31mescape".into(), description),
        ("description", "a\u{85}line".into(), description),
        ("description", "\u{7f}".into(), description),
        ("description", Value::Null, "must be a string, not null"),
        ("description", json!([]), "must be a string, not a list"),
        ("partition", "".into(), partition),
        ("partition", "aws-cn".into(), partition),
        ("partition", "AWS".into(), partition),
        ("partition", " aws".into(), partition),
        ("partition", SECRET.into(), partition),
        ("partition", 1.into(), "must be a string, not a number"),
        ("partition", Value::Null, "must be a string, not null"),
        ("privateCloudGateway", "".into(), gateway),
        ("privateCloudGateway", "g".repeat(129).into(), gateway),
        ("privateCloudGateway", "a\tb".into(), gateway),
        ("privateCloudGateway", json!({}), "must be a string, not an object"),
        ("privateCloudGateway", Value::Null, "must be a string, not null"),
        ("permissionProfile", "".into(), profile),
        ("permissionProfile", "all".into(), profile),
        ("permissionProfile", "CORE".into(), profile),
        ("permissionProfile", SECRET.into(), profile),
        ("permissionProfile", 1.into(), "must be a string, not a number"),
        ("permissionProfile", json!(["core"]), "must be a string, not a list"),
    ];
    let case = |(number, (member, value, remedy)): (usize, (&str, Value, &str))| {
        let short_value: String = value.to_string().chars().take(30).collect();
        let name = format!("{number}: {member} {short_value}");
        let body = with_member(base, member, value).to_string();
        post(&name, path, body).expect_400(&[&format!("/{member}")], remedy)
    };
    let mut invalid_requests: Vec<_> = invalid_requests.into_iter().enumerate().map(case).collect();
    invalid_requests.push(
        post("no name", path, without_member(base, "name").to_string())
            .expect_400(&["/name"], "name is missing: it must be 1 to 64 characters"),
    );
    let huge = with_member(base, "name", "#".into()).to_string().replace("\"#\"", &"9".repeat(300));
    invalid_requests.push(
        post("a name of 300 digits and no quotes", path, huge)
            .expect_400(&["/name"], "must be a string, not a number"),
    );
    let mut duplicate = base.to_string();
    duplicate.insert_str(1, r#""name":"other","#);
    invalid_requests.push(
        post("two names", path, duplicate).expect_400(&["/name"], "is sent 2 times: send it once"),
    );
    invalid_requests
}

/// Returns cases of events with an invalid scope. `event` is the detail of a valid event. Only
/// events have the member `scope`: an HTTP request has its scope in the path.
pub(crate) fn event_scope_cases(event: &Value) -> Vec<InvalidRequestCase> {
    let rule = r#"scope must be "tenant" or {"project": "<uid or name>"}"#;
    let project = "must be a uid or a name: 1 to 128 characters";
    let invalid_requests: Vec<(Value, &str, &str)> = vec![
        ("".into(), "/scope", rule),
        ("project".into(), "/scope", rule),
        ("Tenant".into(), "/scope", rule),
        (SECRET.into(), "/scope", rule),
        (Value::Null, "/scope", rule),
        (7.into(), "/scope", rule),
        (false.into(), "/scope", rule),
        (json!([]), "/scope", rule),
        (json!(["tenant"]), "/scope", rule),
        (json!({}), "/scope/project", "project is missing: it must be a uid or a name"),
        (json!({ "project": "" }), "/scope/project", project),
        (json!({ "project": "p".repeat(129) }), "/scope/project", project),
        (json!({ "project": "a\u{0}b" }), "/scope/project", project),
        (json!({ "project": 5 }), "/scope/project", "must be a string, not a number"),
        (json!({ "project": null }), "/scope/project", "must be a string, not null"),
        (json!({ "project": ["p"] }), "/scope/project", "must be a string, not a list"),
        (json!({ "project": { "uid": "p" } }), "/scope/project", "must be a string, not an object"),
        (
            json!({ "project": "Default", "uid": SECRET }),
            "/scope/uid",
            "remove it, or use one of project",
        ),
        (
            json!({ "project": "Default", SECRET: 1 }),
            "/scope",
            "a member of scope is unknown: remove it",
        ),
    ];
    let case = |(value, pointer, remedy): (Value, &str, &str)| {
        let short_value: String = value.to_string().chars().take(40).collect();
        bus_event(&format!("event: scope {short_value}"), with_member(event, "scope", value))
            .expect_400(&[pointer], remedy)
    };
    invalid_requests.into_iter().map(case).collect()
}

/// Returns cases with invalid values of `policyArns`.
fn policy_arn_cases(path: &str, base: &Value) -> Vec<InvalidRequestCase> {
    let role = "arn:aws:iam::123456789012:role/SpectroCloudRole";
    let govcloud = "arn:aws-us-gov:iam::aws:policy/PowerUserAccess";
    let china = "arn:aws-cn:iam::aws:policy/PowerUserAccess";
    let no_name = "arn:aws:iam::123456789012:policy/";
    let letters_account = "arn:aws:iam::me:policy/P";
    let many: Vec<_> = (0..21).map(|n| format!("arn:aws:iam::aws:policy/P{n}")).collect();
    let thousands: Vec<_> = (0..3000).map(|n| format!("arn:aws:iam::aws:policy/P{n}")).collect();
    let (all, first, second) = ("/policyArns", "/policyArns/0", "/policyArns/1");
    let (policy, list) = ("must be the ARN of an IAM policy", "must be a list of ARNs, not");
    let invalid_requests: Vec<(&str, Value, &str, &str)> = vec![
        ("a text", POLICY_ARN.into(), all, list),
        ("null", Value::Null, all, list),
        ("an object", json!({ "0": POLICY_ARN }), all, list),
        ("too many", json!(many), all, "at most 20 policies, not 21"),
        ("thousands", json!(thousands), all, "at most 20 policies, not 3000"),
        ("an empty text", json!([""]), first, "must be an ARN: arn:<partition>"),
        ("a name", json!(["PowerUserAccess"]), first, "must be an ARN: arn:<partition>"),
        ("a secret", json!([SECRET]), first, "must be an ARN: arn:<partition>"),
        ("a role", json!([role]), first, policy),
        ("no name", json!([no_name]), first, policy),
        ("a bucket", json!(["arn:aws:s3:::bucket"]), first, policy),
        (
            "an account of letters",
            json!([letters_account]),
            first,
            "whose account id has 12 digits",
        ),
        (
            "a policy of China",
            json!([china]),
            first,
            "partition aws, aws-us-gov, aws-iso-b or aws-iso",
        ),
        ("a number second", json!([POLICY_ARN, 5]), second, "must be a string, not a number"),
        ("null second", json!([POLICY_ARN, null]), second, "must be a string, not null"),
        (
            "a list second",
            json!([POLICY_ARN, [POLICY_ARN]]),
            second,
            "must be a string, not a list",
        ),
        ("twice the same", json!([POLICY_ARN, POLICY_ARN]), second, "name each policy once"),
    ];
    let case = |(name, value, pointer, remedy): (&str, Value, &str, &str)| {
        let body = with_member(base, "policyArns", value).to_string();
        post(&format!("policyArns: {name}"), path, body).expect_400(&[pointer], remedy)
    };
    let mut invalid_requests: Vec<_> = invalid_requests.into_iter().map(case).collect();
    let body = with_member(base, "policyArns", json!([POLICY_ARN, govcloud])).to_string();
    invalid_requests.push(
        post("policyArns: a policy of another partition", path, body).expect_422(
            &[second],
            "is in partition aws-us-gov, and this deployment serves aws: use an ARN of aws",
        ),
    );
    invalid_requests
}

/// Returns cases with members that no request has.
fn unknown_member_cases(path: &str, base: &Value) -> Vec<InvalidRequestCase> {
    let not_known = "is unknown: remove it, or use one of name, description";
    let body_with = |member: &str, value: Value| with_member(base, member, value).to_string();
    let mut many_members = base.clone();
    for number in 10..35 {
        many_members[format!("x{number}")] = SECRET.into();
    }
    let expected: Vec<_> =
        (10..30).map(|number| format!("/x{number}")).chain([String::new()]).collect();
    let expected: Vec<_> = expected.iter().map(String::as_str).collect();
    vec![
        post("an unknown member", path, body_with("colour", "blue".into()))
            .expect_400(&["/colour"], not_known),
        post("a member in upper case", path, body_with("NAME", "prod".into()))
            .expect_400(&["/NAME"], not_known),
        post("an unknown member that is null", path, body_with("tags", Value::Null))
            .expect_400(&["/tags"], not_known),
        post("the event's member method", path, body_with("method", "sts".into()))
            .expect_400(&["/method"], not_known),
        post("__proto__", path, body_with("__proto__", json!({ "admin": true })))
            .expect_400(&["/__proto__"], not_known),
        post(
            "a secret under another name",
            path,
            body_with("aws_secret_access_key", SECRET.into()),
        )
        .expect_400(&["/aws_secret_access_key"], not_known),
        post("a secret for a name", path, body_with(SECRET, 1.into()))
            .expect_400(&[""], "a member is unknown: remove it"),
        post("a name with slashes", path, body_with("a/b~c", 1.into()))
            .expect_400(&[""], "a member is unknown: remove it"),
        post("an empty name", path, body_with("", 1.into()))
            .expect_400(&[""], "a member is unknown: remove it"),
        post("twenty-five unknown members", path, many_members.to_string())
            .expect_400(&expected, not_known),
    ]
}
