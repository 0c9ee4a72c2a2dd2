//! Trust policies from the field, and the findings for each of them.

mod conditions;

use gangway_model::Outcome;

use super::*;

const EXTERNAL_ID: &str = "a2c4e6f8-0b1d-4e3f-9a5c-7d9e1b3f5a7c";
const ROOT: &str = "arn:aws:iam::111122223333:root";
const USER: &str = "arn:aws:iam::111122223333:user/palette-sts";

fn look(document: &Value, partition: Partition) -> Vec<Finding> {
    check(document, "111122223333".parse().unwrap(), EXTERNAL_ID, partition)
}

/// Returns one letter for each finding: passed, failed, unverified, not applicable.
fn letters(findings: &[Finding]) -> String {
    let letter = |finding: &Finding| match finding.outcome {
        Outcome::Passed => 'P',
        Outcome::Failed { .. } => 'F',
        Outcome::Unverified { .. } => 'U',
        Outcome::Waived { .. } | Outcome::NotApplicable => 'n',
    };
    findings.iter().map(letter).collect()
}

fn trust(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Returns a statement for Palette's account with a condition.
fn allow(condition: &Value) -> Value {
    json!({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole", "Condition": condition})
}

/// Returns a statement for a principal, with the right external id.
fn principal(principal: &Value) -> Value {
    let mut statement = allow(&json!({"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}));
    statement["Principal"] = principal.clone();
    statement
}

/// Returns a condition with the right external id and one more key.
fn and(operator: &str, key: &str, value: &Value) -> Value {
    let mut condition = json!({"StringEquals": {"sts:ExternalId": EXTERNAL_ID}});
    condition[operator][key] = value.clone();
    allow(&condition)
}

fn action(action: &Value) -> Value {
    let mut statement = principal(&json!({"AWS": ROOT}));
    statement["Action"] = action.clone();
    statement
}

fn deny(principal: &Value, condition: &Value) -> Value {
    json!({"Effect": "Deny", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition})
}

fn assert_findings(rows: &[(&str, Value, &str)]) {
    for (name, statements, wanted) in rows {
        let findings = look(&trust(statements), Partition::Aws);
        assert_eq!(letters(&findings), *wanted, "{name}: {findings:#?}");
    }
}

/// Acceptance rows: F31.
#[test]
fn gangways_own_trust_policy_passes_in_every_partition() {
    for facts in &gangway_model::PARTITIONS {
        let account = "111122223333".parse().unwrap();
        let findings = look(&trust_policy(facts.partition, account, EXTERNAL_ID), facts.partition);
        assert_eq!(letters(&findings), "PPP", "{findings:#?}");
    }
}

/// Acceptance rows: F27.
#[test]
fn principals() {
    let right = || principal(&json!({"AWS": ROOT}));
    assert_findings(&[
        ("one statement, not in a list", right(), "PPP"),
        ("account id", principal(&json!({"AWS": "111122223333"})), "PPP"),
        (
            "list",
            json!([principal(&json!({"AWS": ["arn:aws:iam::444455556666:root", ROOT]}))]),
            "PPP",
        ),
        ("exact user", principal(&json!({"AWS": USER})), "PPP"),
        ("exact role", principal(&json!({"AWS": "arn:aws:iam::111122223333:role/palette"})), "PPP"),
        ("a service too", principal(&json!({"AWS": ROOT, "Service": "ec2.amazonaws.com"})), "PPP"),
        (
            "others elsewhere",
            json!([right(), {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}]),
            "PPP",
        ),
        ("star", principal(&json!("*")), "FPP"),
        ("AWS star", principal(&json!({"AWS": "*"})), "FPP"),
        ("AWS star in a list", principal(&json!({"AWS": [ROOT, "*"]})), "FPP"),
        (
            "star in another statement, without external id",
            json!([right(), {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:*"}]),
            "FFP",
        ),
        (
            "allow all but one",
            json!({"Effect": "Allow", "NotPrincipal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}),
            "FFP",
        ),
        ("other account", principal(&json!({"AWS": "arn:aws:iam::444455556666:root"})), "Fnn"),
        (
            "other partition",
            principal(&json!({"AWS": "arn:aws-us-gov:iam::111122223333:root"})),
            "Fnn",
        ),
        (
            "wildcard within an ARN",
            principal(&json!({"AWS": "arn:aws:iam::111122223333:user/*"})),
            "Fnn",
        ),
        ("deleted user", principal(&json!({"AWS": "AIDACKCEVSQ6C2EXAMPLE"})), "Fnn"),
        ("service only", principal(&json!({"Service": "111122223333"})), "Fnn"),
        (
            "federated only",
            principal(&json!({"Federated": "arn:aws:iam::111122223333:saml-provider/x"})),
            "Fnn",
        ),
        ("no principal", json!({"Effect": "Allow", "Action": "sts:AssumeRole"}), "Fnn"),
        ("no statement", json!([]), "Fnn"),
        ("nonsense", json!("?"), "Fnn"),
    ]);
    assert_eq!(letters(&look(&Value::Null, Partition::Aws)), "Fnn");
}

#[test]
fn actions() {
    assert_findings(&[
        ("list", action(&json!(["sts:AssumeRole", "sts:TagSession"])), "PPP"),
        ("no case", action(&json!("STS:assumerole")), "PPP"),
        ("of the service", action(&json!("sts:*")), "PPP"),
        ("beginning", action(&json!("sts:Assume*")), "PPP"),
        ("all", action(&json!("*")), "PPP"),
        ("another", action(&json!("sts:TagSession")), "Fnn"),
        ("with SAML", action(&json!("sts:AssumeRoleWithSAML")), "Fnn"),
        (
            "all but another",
            json!({"Effect": "Allow", "Principal": {"AWS": ROOT}, "NotAction": "sts:TagSession"}),
            "PFP",
        ),
        (
            "tagging apart, without external id",
            json!([action(&json!("sts:AssumeRole")), {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:TagSession"}]),
            "PPP",
        ),
    ]);
}

#[test]
fn findings_name_the_wrong_statement() {
    for (statements, at, observed) in [
        (
            principal(&json!({"AWS": "AROACKCEVSQ6C2EXAMPLE"})),
            0,
            "No statement lets account 111122223333 assume the role. Trusted are AROACKCEVSQ6C2EXAMPLE (a user or role that was deleted)",
        ),
        (
            principal(&json!({"AWS": "arn:aws-us-gov:iam::111122223333:root"})),
            0,
            "No statement lets account 111122223333 assume the role. Trusted are arn:aws-us-gov:iam::111122223333:root (of partition aws-us-gov; Palette's is in aws)",
        ),
        (
            action(&json!("sts:TagSession")),
            0,
            "No statement lets account 111122223333 assume the role. It is allowed only sts:TagSession",
        ),
        (json!([]), 0, "No statement lets account 111122223333 assume the role. Nobody is trusted"),
        (
            allow(&json!({"StringEquals": {"sts:ExternalId": "another"}})),
            1,
            "Requires another external id: another",
        ),
        (
            json!([{"Sid": "Wide", "Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "*"}]),
            1,
            "Statement 1 (Wide) allows Palette without an external id",
        ),
        (
            and("IpAddress", "aws:SourceIp", &json!("203.0.113.0/24")),
            2,
            "Statement 1 has aws:SourceIp IpAddress 203.0.113.0/24",
        ),
    ] {
        let findings = look(&trust(&statements), Partition::Aws);
        assert_eq!(findings[at].observed, observed);
    }
    let findings = look(&trust(&json!([])), Partition::Aws);
    let Outcome::Failed { remedy } = &findings[0].outcome else { panic!("{findings:#?}") };
    assert!(remedy.contains(&format!(r#""AWS":"{ROOT}""#)), "{remedy}");
}
