//! Tests of the resource policy of the template's API.

use std::collections::BTreeMap;

use super::super::policy::{
    Context, Document, DocumentKind, Outcome, PolicyQuery, evaluate_statements,
};
use crate::cloudformation::{DeploymentTarget, Template};

const OWN: &str = "111122223333";
const OTHER: &str = "444455556666";
const ROLE: &str = "arn:aws:iam::444455556666:role/Portal";

/// Returns `true` if the resource policy of an API with these parameters allows the caller.
fn is_allowed(
    parameters: &[(&str, &str)],
    (account, role): (&str, &str),
    calls: &[(&str, &str)],
) -> bool {
    let values = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let deployment = DeploymentTarget {
        partition: "aws".to_owned(),
        region: "us-east-1".to_owned(),
        account: OWN.to_owned(),
        stack: "gangway".to_owned(),
        parameters: values.collect::<BTreeMap<_, _>>(),
    };
    let policy = Template::from_repository().unwrap().api_policy(&deployment).unwrap().unwrap();
    // API Gateway inserts the API's ARN.
    let api = format!("arn:aws:execute-api:us-east-1:{OWN}:abcdef1234/");
    let policy = policy.to_string().replace("execute-api:/", &api);
    let policy =
        Document::parse(&serde_json::from_str(&policy).unwrap(), DocumentKind::Resource).unwrap();
    let context = calls.iter().fold(Context::default(), |all, (key, value)| all.with(key, *value));
    let context = context.with("aws:PrincipalAccount", account);
    let matching = policy.statements.iter().filter(|statement| {
        let principals = statement.principals.as_ref().unwrap();
        principals.anyone || principals.aws.iter().any(|name| name == account || name == role)
    });
    let resource = format!("{api}live/POST/v1/tenant/accounts/sts");
    let query =
        PolicyQuery { action: "execute-api:Invoke", resource: &resource, context: &context };
    let matching = matching.map(|statement| ("policy", "resource", statement));
    evaluate_statements(matching, query).outcome == Outcome::Allowed
}

#[test]
fn resource_policy_admits_only_configured_callers() {
    let own = (OWN, "arn:aws:iam::111122223333:role/Portal");
    let other = (OTHER, ROLE);
    let private = [("HttpApi", "private"), ("VpcEndpointIds", "vpce-0a1b2c3d,vpce-0f0f0f0f")];
    let networks = [("ApiNetworks", "10.0.0.0/8,192.0.2.0/24")];
    let inner = [("HttpApi", "private"), ("ApiNetworks", "10.0.0.0/8")];
    for (parameters, caller, calls, expected) in [
        (&[][..], own, &[][..], true),
        (&[], other, &[], false),
        (&[], other, &[("aws:PrincipalOrgID", "o-a1b2c3d4e5")], false),
        (&[("ApiCallers", ROLE)], own, &[], true),
        (&[("ApiCallers", ROLE)], other, &[], true),
        (&[("ApiCallers", ROLE)], (OTHER, "arn:aws:iam::444455556666:role/Else"), &[], false),
        (&private, own, &[("aws:SourceVpce", "vpce-0f0f0f0f")], true),
        (&private, own, &[("aws:SourceVpce", "vpce-0eeeeeee")], false),
        (&private, own, &[], false),
        (&networks, own, &[("aws:SourceIp", "192.0.2.7")], true),
        (&networks, own, &[("aws:SourceIp", "198.51.100.1")], false),
        (&inner, own, &[("aws:VpcSourceIp", "10.1.2.3")], true),
        (&inner, own, &[("aws:VpcSourceIp", "172.16.0.1"), ("aws:SourceIp", "10.1.2.3")], false),
    ] {
        let allowed = is_allowed(parameters, caller, calls);
        assert_eq!(allowed, expected, "{parameters:?} {caller:?} {calls:?}");
    }
}
