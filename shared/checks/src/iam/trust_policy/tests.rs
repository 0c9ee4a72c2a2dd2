mod conditions;

use gangway_model::Outcome;

use super::*;

const EXTERNAL_ID: &str = "a2c4e6f8-0b1d-4e3f-9a5c-7d9e1b3f5a7c";
const ROOT: &str = "arn:aws:iam::111122223333:root";
const USER: &str = "arn:aws:iam::111122223333:user/palette-sts";

fn check_document(document: &Value, partition: Partition) -> Vec<Finding> {
    check(document, "111122223333".parse().unwrap(), EXTERNAL_ID, partition)
}

/// Returns one letter for each finding: P (passed), F (failed), U (unverified), n (not applicable).
fn outcome_letters(findings: &[Finding]) -> String {
    let letter = |finding: &Finding| match finding.outcome {
        Outcome::Passed => 'P',
        Outcome::Failed { .. } => 'F',
        Outcome::Unverified { .. } => 'U',
        Outcome::Waived { .. } | Outcome::NotApplicable => 'n',
    };
    findings.iter().map(letter).collect()
}

fn trust_policy_with(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Returns a statement that allows Palette's account with this condition.
fn allow(condition: &Value) -> Value {
    json!({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole", "Condition": condition})
}

/// Returns a statement that allows this principal with the tenant's external id.
fn allow_principal(principal: &Value) -> Value {
    let mut statement = allow(&json!({"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}));
    statement["Principal"] = principal.clone();
    statement
}

/// Returns a statement that allows Palette's account with the tenant's external id and one more
/// condition.
fn allow_if(operator: &str, key: &str, value: &Value) -> Value {
    let mut condition = json!({"StringEquals": {"sts:ExternalId": EXTERNAL_ID}});
    condition[operator][key] = value.clone();
    allow(&condition)
}

/// Returns a statement that allows Palette's account this action with the tenant's external id.
fn allow_action(action: &Value) -> Value {
    let mut statement = allow_principal(&json!({"AWS": ROOT}));
    statement["Action"] = action.clone();
    statement
}

fn deny(principal: &Value, condition: &Value) -> Value {
    json!({"Effect": "Deny", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition})
}

fn assert_findings(rows: &[(&str, Value, &str)]) {
    for (name, statements, wanted) in rows {
        let findings = check_document(&trust_policy_with(statements), Partition::Aws);
        assert_eq!(outcome_letters(&findings), *wanted, "{name}: {findings:#?}");
    }
}

/// Acceptance rows: F31.
#[test]
fn generated_trust_policy_passes_in_every_partition() {
    for facts in &gangway_model::PARTITIONS {
        let account = "111122223333".parse().unwrap();
        let findings =
            check_document(&trust_policy(facts.partition, account, EXTERNAL_ID), facts.partition);
        assert_eq!(outcome_letters(&findings), "PPP", "{findings:#?}");
    }
}

/// Acceptance rows: F27.
#[test]
fn trust_principals_are_classified() {
    let right = || allow_principal(&json!({"AWS": ROOT}));
    assert_findings(&[
        ("one statement, not in a list", right(), "PPP"),
        ("account id", allow_principal(&json!({"AWS": "111122223333"})), "PPP"),
        (
            "list",
            json!([allow_principal(&json!({"AWS": ["arn:aws:iam::444455556666:root", ROOT]}))]),
            "PPP",
        ),
        ("exact user", allow_principal(&json!({"AWS": USER})), "PPP"),
        (
            "exact role",
            allow_principal(&json!({"AWS": "arn:aws:iam::111122223333:role/palette"})),
            "PPP",
        ),
        (
            "a service too",
            allow_principal(&json!({"AWS": ROOT, "Service": "ec2.amazonaws.com"})),
            "PPP",
        ),
        (
            "others elsewhere",
            json!([right(), {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}]),
            "PPP",
        ),
        ("star", allow_principal(&json!("*")), "FPP"),
        ("AWS star", allow_principal(&json!({"AWS": "*"})), "FPP"),
        ("AWS star in a list", allow_principal(&json!({"AWS": [ROOT, "*"]})), "FPP"),
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
        (
            "other account",
            allow_principal(&json!({"AWS": "arn:aws:iam::444455556666:root"})),
            "Fnn",
        ),
        (
            "other partition",
            allow_principal(&json!({"AWS": "arn:aws-us-gov:iam::111122223333:root"})),
            "Fnn",
        ),
        (
            "wildcard within an ARN",
            allow_principal(&json!({"AWS": "arn:aws:iam::111122223333:user/*"})),
            "Fnn",
        ),
        ("deleted user", allow_principal(&json!({"AWS": "AIDACKCEVSQ6C2EXAMPLE"})), "Fnn"),
        ("service only", allow_principal(&json!({"Service": "111122223333"})), "Fnn"),
        (
            "federated only",
            allow_principal(&json!({"Federated": "arn:aws:iam::111122223333:saml-provider/x"})),
            "Fnn",
        ),
        ("no principal", json!({"Effect": "Allow", "Action": "sts:AssumeRole"}), "Fnn"),
        ("no statement", json!([]), "Fnn"),
        ("nonsense", json!("?"), "Fnn"),
    ]);
    assert_eq!(outcome_letters(&check_document(&Value::Null, Partition::Aws)), "Fnn");
}

#[test]
fn only_statements_for_assume_role_let_palette_assume_the_role() {
    assert_findings(&[
        ("list", allow_action(&json!(["sts:AssumeRole", "sts:TagSession"])), "PPP"),
        ("no case", allow_action(&json!("STS:assumerole")), "PPP"),
        ("of the service", allow_action(&json!("sts:*")), "PPP"),
        ("beginning", allow_action(&json!("sts:Assume*")), "PPP"),
        ("all", allow_action(&json!("*")), "PPP"),
        ("another", allow_action(&json!("sts:TagSession")), "Fnn"),
        ("with SAML", allow_action(&json!("sts:AssumeRoleWithSAML")), "Fnn"),
        (
            "all but another",
            json!({"Effect": "Allow", "Principal": {"AWS": ROOT}, "NotAction": "sts:TagSession"}),
            "PFP",
        ),
        (
            "tagging apart, without external id",
            json!([allow_action(&json!("sts:AssumeRole")), {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:TagSession"}]),
            "PPP",
        ),
    ]);
}

#[test]
fn finding_about_a_trust_policy_names_the_wrong_statement() {
    for (statements, at, observed) in [
        (
            allow_principal(&json!({"AWS": "AROACKCEVSQ6C2EXAMPLE"})),
            0,
            "No statement lets account 111122223333 assume the role. Trusted are AROACKCEVSQ6C2EXAMPLE (a user or role that was deleted)",
        ),
        (
            allow_principal(&json!({"AWS": "arn:aws-us-gov:iam::111122223333:root"})),
            0,
            "No statement lets account 111122223333 assume the role. Trusted are arn:aws-us-gov:iam::111122223333:root (of partition aws-us-gov; Palette's is in aws)",
        ),
        (
            allow_action(&json!("sts:TagSession")),
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
            allow_if("IpAddress", "aws:SourceIp", &json!("203.0.113.0/24")),
            2,
            "Statement 1 has aws:SourceIp IpAddress 203.0.113.0/24",
        ),
    ] {
        let findings = check_document(&trust_policy_with(&statements), Partition::Aws);
        assert_eq!(findings[at].observed, observed);
    }
    let findings = check_document(&trust_policy_with(&json!([])), Partition::Aws);
    let Outcome::Failed { remedy } = &findings[0].outcome else { panic!("{findings:#?}") };
    assert!(remedy.contains(&format!(r#""AWS":"{ROOT}""#)), "{remedy}");
}
