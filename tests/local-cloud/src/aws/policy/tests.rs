//! Tests of the evaluation of policies, with cases from AWS's documentation.
use serde_json::{Value, json};

use super::*;

/// Evaluates an identity policy with these statements.
fn evaluate_policy(
    statements: &Value,
    action: &str,
    resource: &str,
    context: &Context,
) -> PolicyEvaluation {
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    let document = Document::parse(&document, DocumentKind::Identity)
        .unwrap_or_else(|error| panic!("The policy {document} is not valid: {error}"));
    let named = NamedDocument { id: "policy".into(), kind: "user-managed", document: &document };
    evaluate(&[named], PolicyQuery { action, resource, context })
}

/// Returns a statement that allows everything if a condition is met.
fn allow_if(condition: &Value) -> Value {
    json!([{ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition }])
}

#[test]
fn actions_and_resources_are_evaluated_as_documented() {
    use Outcome::{Allowed, ExplicitDeny, ImplicitDeny};
    let role = "arn:aws:iam::123456789012:role/team/Spectro";
    let allow = |action: Value, resource: Value| json!([{ "Effect": "Allow", "Action": action, "Resource": resource }]);
    let rows = [
        (allow(json!("*"), json!("*")), Allowed),
        (allow(json!("iam:GetRole"), json!("*")), Allowed),
        (allow(json!("IAM:getrole"), json!("*")), Allowed),
        (allow(json!("iam:Get*"), json!("*")), Allowed),
        (allow(json!("iam:Get?ole"), json!("*")), Allowed),
        (allow(json!("iam:Get?"), json!("*")), ImplicitDeny),
        (allow(json!("iam:*"), json!("*")), Allowed),
        (allow(json!("sts:*"), json!("*")), ImplicitDeny),
        (allow(json!(["sts:*", "iam:GetRole"]), json!("*")), Allowed),
        (allow(json!("iam:GetRole"), json!(role)), Allowed),
        (allow(json!("iam:GetRole"), json!("arn:aws:iam::*:role/*")), Allowed),
        (allow(json!("iam:GetRole"), json!("arn:*:iam::*:role/team/*")), Allowed),
        (
            allow(json!("iam:GetRole"), json!("arn:aws:iam::123456789012:role/Spectro")),
            ImplicitDeny,
        ),
        (allow(json!("iam:GetRole"), json!("arn:aws:iam::123456789012:role/TEAM/*")), ImplicitDeny),
        (allow(json!("iam:GetRole"), json!("arn:aws-us-gov:iam::*:role/*")), ImplicitDeny),
        (allow(json!("iam:GetRole"), json!("arn:aws:*:role/team/Spectro:::")), ImplicitDeny),
        (json!([{ "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" }]), ImplicitDeny),
        (json!([{ "Effect": "Allow", "NotAction": "sts:*", "Resource": "*" }]), Allowed),
        (json!([{ "Effect": "Allow", "Action": "*", "NotResource": role }]), ImplicitDeny),
        (
            json!([{ "Effect": "Allow", "Action": "*", "NotResource": "arn:aws:iam::1:role/x" }]),
            Allowed,
        ),
        (
            json!([
                { "Effect": "Allow", "Action": "*", "Resource": "*" },
                { "Effect": "Deny", "Action": "iam:GetRole", "Resource": "*" },
            ]),
            ExplicitDeny,
        ),
        (
            json!([
                { "Effect": "Allow", "Action": "*", "Resource": "*" },
                { "Effect": "Deny", "NotAction": ["iam:Get*", "sts:*"], "Resource": "*" },
            ]),
            Allowed,
        ),
        (json!([{ "Effect": "Deny", "Action": "*", "Resource": "*" }]), ExplicitDeny),
        (json!({ "Effect": "Allow", "Action": "iam:GetRole", "Resource": "*" }), Allowed),
        (
            allow(json!("*"), json!("arn:aws:iam::123456789012:role/${aws:username}/Spectro")),
            Allowed,
        ),
        (
            allow(json!("*"), json!("arn:aws:iam::123456789012:role/${aws:userid}/Spectro")),
            ImplicitDeny,
        ),
        (
            allow(
                json!("*"),
                json!("arn:aws:iam::123456789012:role/${aws:userid, 'team'}/Spectro"),
            ),
            Allowed,
        ),
        (allow(json!("*"), json!("arn:aws:iam::123456789012:role/${*}/Spectro")), ImplicitDeny),
    ];
    let context = Context::default().with("aws:username", "team");
    for (statements, outcome) in rows {
        assert_eq!(
            evaluate_policy(&statements, "iam:GetRole", role, &context).outcome,
            outcome,
            "{statements}"
        );
    }
}

#[test]
fn conditions_are_evaluated_as_documented() {
    let context = Context::default()
        .with("sts:ExternalId", "tenant-1")
        .with("aws:MultiFactorAuthPresent", "false")
        .with("aws:SourceIp", "203.0.113.77")
        .with("aws:PrincipalArn", "arn:aws:iam::123456789012:role/team/Spectro")
        .with("sts:DurationSeconds", "900")
        .with("aws:CurrentTime", "2026-11-23T12:00:00Z")
        .with("aws:username", "tenant-1")
        .with_list("aws:TagKeys", vec!["team".into(), "cost".into()]);
    let rows = [
        (json!({ "StringEquals": { "sts:ExternalId": "tenant-1" } }), true),
        (json!({ "StringEquals": { "STS:externalID": "tenant-1" } }), true),
        (json!({ "StringEquals": { "sts:ExternalId": "TENANT-1" } }), false),
        (json!({ "StringEquals": { "sts:ExternalId": ["other", "tenant-1"] } }), true),
        (json!({ "StringEquals": { "sts:ExternalId": "tenant-*" } }), false),
        (json!({ "StringEquals": { "sts:ExternalId": "${aws:username}" } }), true),
        (json!({ "StringEquals": { "aws:PrincipalTag/x": "1" } }), false),
        (json!({ "StringEqualsIfExists": { "aws:PrincipalTag/x": "1" } }), true),
        (json!({ "StringEqualsIfExists": { "sts:ExternalId": "1" } }), false),
        (json!({ "StringEqualsIgnoreCase": { "sts:ExternalId": "TENANT-1" } }), true),
        (json!({ "StringNotEquals": { "sts:ExternalId": "tenant-1" } }), false),
        (json!({ "StringNotEquals": { "sts:ExternalId": ["a", "tenant-1"] } }), false),
        (json!({ "StringNotEquals": { "aws:PrincipalTag/x": "1" } }), true),
        (json!({ "StringNotEqualsIgnoreCase": { "sts:ExternalId": "Tenant-1" } }), false),
        (json!({ "StringLike": { "sts:ExternalId": "ten?nt-*" } }), true),
        (json!({ "StringNotLike": { "sts:ExternalId": "x*" } }), true),
        (json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }), false),
        (json!({ "Bool": { "aws:MultiFactorAuthPresent": false } }), true),
        (json!({ "BoolIfExists": { "aws:SecureTransport": "false" } }), true),
        (json!({ "Bool": { "aws:SecureTransport": "false" } }), false),
        (json!({ "Null": { "sts:ExternalId": "true" } }), false),
        (json!({ "Null": { "sts:ExternalId": "false" } }), true),
        (json!({ "Null": { "aws:PrincipalTag/x": "true" } }), true),
        (
            json!({ "ArnEquals": { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/team/Spectro" } }),
            true,
        ),
        (json!({ "ArnLike": { "aws:PrincipalArn": "arn:*:iam::*:role/*" } }), true),
        (json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::*role/team/Spectro" } }), false),
        (json!({ "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/team/*" } }), false),
        (json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } }), true),
        (json!({ "IpAddress": { "aws:SourceIp": ["10.0.0.0/8", "203.0.113.77"] } }), true),
        (json!({ "IpAddress": { "aws:SourceIp": "203.0.113.64/29" } }), false),
        (json!({ "NotIpAddress": { "aws:SourceIp": "203.0.113.0/24" } }), false),
        (json!({ "NotIpAddress": { "aws:SourceIp": "0.0.0.0/0" } }), false),
        (json!({ "NumericLessThanEquals": { "sts:DurationSeconds": "900" } }), true),
        (json!({ "NumericGreaterThan": { "sts:DurationSeconds": 900 } }), false),
        (json!({ "NumericNotEquals": { "sts:DurationSeconds": 3600 } }), true),
        (json!({ "DateGreaterThan": { "aws:CurrentTime": "2026-01-01T00:00:00Z" } }), true),
        (json!({ "DateLessThan": { "aws:CurrentTime": "2026-01-01T00:00:00Z" } }), false),
        (json!({ "ForAnyValue:StringEquals": { "aws:TagKeys": ["team", "x"] } }), true),
        (json!({ "ForAnyValue:StringEquals": { "aws:TagKeys": "x" } }), false),
        (json!({ "ForAnyValue:StringEquals": { "aws:Missing": "x" } }), false),
        (json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["team", "cost", "x"] } }), true),
        (json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] } }), false),
        (json!({ "ForAllValues:StringEquals": { "aws:Missing": "x" } }), true),
        (
            json!({ "StringEquals": { "sts:ExternalId": "tenant-1", "aws:username": "other" } }),
            false,
        ),
        (
            json!({ "StringEquals": { "sts:ExternalId": "tenant-1" }, "Null": { "aws:username": "true" } }),
            false,
        ),
    ];
    for (condition, is_met) in rows {
        let outcome =
            evaluate_policy(&allow_if(&condition), "sts:AssumeRole", "*", &context).outcome;
        assert_eq!(outcome == Outcome::Allowed, is_met, "{condition}");
    }
}

#[test]
fn missing_condition_keys_are_reported_for_applicable_statements() {
    let statements = json!([
        { "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
          "Condition": { "StringEquals": { "iam:PassedToService": "ec2.amazonaws.com", "aws:RequestedRegion": "x" } } },
        { "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": { "Bool": { "aws:SecureTransport": "true" } } },
    ]);
    let evaluation = evaluate_policy(&statements, "iam:PassRole", "*", &Context::default());
    assert_eq!(
        evaluation.missing.into_iter().collect::<Vec<_>>(),
        ["aws:RequestedRegion", "iam:PassedToService"]
    );
}

#[test]
fn policy_document_that_is_not_valid_is_rejected() {
    let statement = json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" });
    let with_element = |key: &str, value: Value| {
        let mut changed = statement.clone();
        changed[key] = value;
        json!({ "Version": "2012-10-17", "Statement": [changed] })
    };
    let rows = [
        json!([]),
        json!({}),
        json!({ "Statement": [] }),
        json!({ "Version": "2020-01-01", "Statement": [statement] }),
        json!({ "Version": "2012-10-17", "Statement": [statement], "Extra": 1 }),
        with_element("Effect", json!("allow")),
        with_element("Action", json!("everything")),
        with_element("Resource", json!("bucket")),
        with_element("Principal", json!("*")),
        with_element("NotAction", json!("s3:*")),
        with_element("Sid", json!("not allowed")),
        with_element("Condition", json!({ "StringIs": { "aws:username": "x" } })),
        with_element("Condition", json!({ "StringEquals": { "username": "x" } })),
        with_element("Conditions", json!({})),
    ];
    for document in rows {
        assert!(Document::parse(&document, DocumentKind::Identity).is_err(), "{document}");
    }
}
