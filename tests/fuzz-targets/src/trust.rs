//! Trust policies: compares Gangway's assessment with the policy evaluation of the local cloud.

use gangway_model::{AccountId, Partition};
use gangway_policies::trust::{ExternalIdTrust, PrincipalTrust, TrustAssessment, assess};
use local_cloud::aws::is_allowed_by_trust_policy;
use serde_json::{Map, Value, json};

const PALETTE: &str = "222222222222";
const USER: &str = "arn:aws:iam::222222222222:user/palette";
const EXTERNAL_ID: &str = "tenant-7f3a";

/// The condition keys of a call by Palette, and their values.
const CONDITION_KEYS: [(&str, &str); 6] = [
    ("aws:PrincipalArn", USER),
    ("aws:PrincipalAccount", PALETTE),
    ("aws:PrincipalType", "User"),
    ("aws:PrincipalIsAWSService", "false"),
    ("aws:SecureTransport", "true"),
    ("aws:ViaAWSService", "false"),
];

/// Checks the assessment of any JSON document.
pub(crate) fn check_json(data: &[u8]) {
    if let Ok(document) = serde_json::from_slice::<Value>(data) {
        check_document(&document);
    }
}

/// Checks the assessment of a valid trust policy that is generated from the bytes.
pub(crate) fn check_generated_policy(data: &[u8]) {
    let mut choices = Choices(data);
    let statements: Vec<_> =
        (0..=choices.next_below(3)).map(|_| generate_statement(&mut choices)).collect();
    check_document(&json!({"Version": "2012-10-17", "Statement": statements}));
}

/// Checks that, if the assessment finds no issue, Palette can assume the role with its own external
/// id, but not with another external id or without one.
fn check_document(document: &Value) {
    if names_other_identity(document) {
        return;
    }
    let account: AccountId = PALETTE.parse().expect("an account id");
    let TrustAssessment { principals, conditions } =
        assess(document, account, EXTERNAL_ID, Partition::Aws);
    let trusts_palette_only = matches!(principals, PrincipalTrust::Palette(_))
        && conditions.is_some_and(|conditions| {
            conditions.external_id == ExternalIdTrust::OnlyPalettes && conditions.issues.is_empty()
        });
    if !trusts_palette_only {
        return;
    }
    let is_allowed = |external_id: Option<&str>| {
        let mut keys = CONDITION_KEYS.to_vec();
        keys.extend(external_id.map(|id| ("sts:ExternalId", id)));
        is_allowed_by_trust_policy(document, USER, &keys)
    };
    let Some(own) = is_allowed(Some(EXTERNAL_ID)) else { return };
    assert!(own, "Palette does not get in: {document}");
    assert_eq!(is_allowed(None), Some(false), "gets in without an external id: {document}");
    for other in [
        "other",
        "x",
        "tenant-7f3b",
        "tenant-",
        "tenant-7f3a-2",
        "TENANT-OTHER",
        "some/other:id",
        "0000",
    ] {
        assert_eq!(is_allowed(Some(other)), Some(false), "gets in with {other}: {document}");
    }
}

/// Returns `true` if the document names an identity of Palette's account other than `USER`. The
/// assessment does not know which identity Palette uses, so it accepts any of them.
fn names_other_identity(document: &Value) -> bool {
    match document {
        Value::String(text) => ["user/", "role/"]
            .iter()
            .any(|kind| text.contains(&format!("{PALETTE}:{kind}")) && text != USER),
        Value::Array(items) => items.iter().any(names_other_identity),
        Value::Object(members) => members.values().any(names_other_identity),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Chooses values by the bytes of the input, one byte for each choice.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn next_below(&mut self, bound: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % bound
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.next_below(of.len())]
    }
}

fn generate_statement(choices: &mut Choices<'_>) -> Value {
    let mut statement = Map::new();
    statement.insert("Effect".into(), choices.pick(&["Allow", "Allow", "Allow", "Deny"]).into());
    let whom = choices.pick(&["Principal", "Principal", "Principal", "NotPrincipal"]);
    statement.insert(whom.into(), generate_principal(choices));
    let action = choices.pick(&["Action", "Action", "Action", "NotAction"]);
    let actions = [
        "sts:AssumeRole",
        "sts:AssumeRole",
        "sts:*",
        "sts:TagSession",
        "*",
        "STS:assumerole",
        "sts:Assume*",
    ];
    statement.insert(action.into(), choices.pick(&actions).into());
    let conditions = choices.next_below(4);
    if conditions > 0 {
        let mut all = Map::new();
        for _ in 0..conditions {
            add_condition(choices, &mut all);
        }
        statement.insert("Condition".into(), Value::Object(all));
    }
    Value::Object(statement)
}

fn generate_principal(choices: &mut Choices<'_>) -> Value {
    let root = "arn:aws:iam::222222222222:root";
    let other = "arn:aws:iam::333333333333:root";
    match choices.next_below(8) {
        0 => json!("*"),
        1 => json!({"AWS": "*"}),
        2 => json!({"AWS": other}),
        3 => json!({"AWS": [root, other]}),
        4 => json!({"AWS": PALETTE}),
        5 => json!({"AWS": USER}),
        6 => json!({"Service": "ec2.amazonaws.com"}),
        _ => json!({"AWS": root}),
    }
}

const OPERATORS: [&str; 16] = [
    "StringEquals",
    "StringEquals",
    "StringLike",
    "StringNotEquals",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringEqualsIfExists",
    "StringNotEqualsIfExists",
    "ForAnyValue:StringEquals",
    "ForAllValues:StringEquals",
    "ForAnyValue:StringLike",
    "Null",
    "Bool",
    "ArnLike",
    "StringLikeIfExists",
];

fn add_condition(choices: &mut Choices<'_>, all: &mut Map<String, Value>) {
    let operator = choices.pick(&OPERATORS);
    let keys = [
        "sts:ExternalId",
        "sts:ExternalId",
        "sts:ExternalId",
        "STS:externalid",
        "aws:PrincipalArn",
        "aws:PrincipalAccount",
        "aws:MultiFactorAuthPresent",
        "aws:SecureTransport",
        "aws:PrincipalType",
        "aws:SourceAccount",
        "aws:PrincipalOrgID",
        "aws:PrincipalIsAWSService",
    ];
    let key = choices.pick(&keys);
    let values = [
        EXTERNAL_ID,
        EXTERNAL_ID,
        "other",
        "*",
        "tenant-*",
        "tenant-7f3?",
        "?",
        "",
        "TENANT-7F3A",
        "true",
        "false",
        USER,
        PALETTE,
        "${aws:username}",
        "arn:aws:iam::222222222222:*",
        "o-1a2b3c",
    ];
    let value = match choices.next_below(5) {
        0 => json!([choices.pick(&values), choices.pick(&values)]),
        1 if operator == "Null" || operator == "Bool" => json!(choices.next_below(2) == 0),
        _ => json!(choices.pick(&values)),
    };
    let lines = all.entry(operator).or_insert_with(|| json!({}));
    lines[key] = value;
}
