//! Functions that compare the policies of a role or user with Palette's documents.

use gangway_model::Partition;
use serde_json::Value;

use crate::{
    document::PolicyDocument,
    statement::{statements, values_of},
};

/// Returns `true` if two policy documents have the same statements. Ignores the order of statements
/// and values, the member `Sid`, the case of actions, and whether one value is written as a list.
pub fn is_equivalent(a: &Value, b: &Value) -> bool {
    normalize(a) == normalize(b)
}

/// The members of a statement in whose values IAM ignores case.
const CASE_INSENSITIVE_MEMBERS: [&str; 2] = ["Action", "NotAction"];

/// Returns the statements of a document as texts. Two equivalent documents have the same texts.
fn normalize(document: &Value) -> Vec<String> {
    let mut statements: Vec<_> = values_of(document.get("Statement"))
        .map(|statement| {
            let members = statement.as_object().into_iter().flatten();
            let members = members.filter(|(name, _)| *name != "Sid").map(|(name, value)| {
                let value = if CASE_INSENSITIVE_MEMBERS.contains(&name.as_str()) {
                    to_sorted_lowercase(value)
                } else {
                    sort_values(value)
                };
                (name.clone(), value)
            });
            Value::Object(members.collect()).to_string()
        })
        .collect();
    statements.sort_unstable();
    statements.dedup();
    statements
}

/// Returns a sorted list of the lowercase strings of a JSON value, without duplicates.
fn to_sorted_lowercase(value: &Value) -> Value {
    let texts = values_of(Some(value)).filter_map(Value::as_str);
    sort_values(&texts.map(str::to_ascii_lowercase).collect())
}

/// Sorts every list of a JSON value, removes duplicates, and replaces each single value with a
/// list.
fn sort_values(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), sort_values(member))).collect()
        }
        Value::Array(_) | Value::String(_) | Value::Bool(_) | Value::Number(_) | Value::Null => {
            let mut items: Vec<_> = values_of(Some(value))
                .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                .collect();
            items.sort_unstable();
            items.dedup();
            items.into()
        }
    }
}

/// Returns the actions of Palette's document `of` that none of the attached documents allows in
/// this partition, in the order of `of`. Does not compare resources and conditions, because IAM's
/// policy simulator evaluates them.
pub fn missing_actions(
    of: PolicyDocument,
    partition: Partition,
    attached_documents: &[Value],
) -> Vec<String> {
    let attached: Vec<_> = attached_documents
        .iter()
        .flat_map(statements)
        .filter(|attached| attached.allows() && attached.covers_partition(partition.id()))
        .collect();
    let mut missing: Vec<String> = Vec::new();
    for statement in statements(of.template()) {
        for action in statement.action_names() {
            let known = missing.iter().any(|named| named == action);
            if !known && !attached.iter().any(|attached| attached.covers_action(action)) {
                missing.push(action.to_owned());
            }
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_that_differ_only_in_form_are_equivalent() {
        let statement = json!({
            "Sid": "A", "Effect": "Allow", "Action": ["ec2:RunInstances", "ec2:CreateVpc"], "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": ["a", "b"]}},
        });
        let document = json!({"Version": "2012-10-17", "Statement": [
            statement, {"Effect": "Deny", "Action": "s3:*", "Resource": ["*"]},
        ]});
        let rewritten = json!({"Version": "2012-10-17", "Id": "x", "Statement": [
            {"Action": ["s3:*"], "Effect": "Deny", "Resource": "*"},
            {"Action": ["ec2:createvpc", "ec2:RunInstances"], "Effect": "Allow", "Resource": ["*"],
             "Condition": {"StringEquals": {"aws:RequestedRegion": ["b", "a"]}}},
        ]});
        assert!(is_equivalent(&document, &rewritten));
        assert!(is_equivalent(
            &json!({"Statement": statement}),
            &json!({"Statement": [statement]})
        ));
        for (member, value) in [
            ("Effect", json!("Deny")),
            ("Action", json!("ec2:RunInstances")),
            ("Resource", json!("arn:aws:ec2:*:*:vpc/*")),
            ("Condition", json!({})),
            ("Condition", json!({"StringLike": {"aws:RequestedRegion": ["a", "b"]}})),
        ] {
            let mut other = statement.clone();
            other[member] = value;
            assert!(
                !is_equivalent(&json!({"Statement": statement}), &json!({"Statement": other})),
                "{other}"
            );
        }
        assert!(!is_equivalent(&document, &Value::Null));
    }

    #[test]
    fn each_document_of_palette_is_equivalent_only_to_itself() {
        for a in PolicyDocument::ALL {
            for b in PolicyDocument::ALL {
                let (left, right) = (a.render(Partition::Aws), b.render(Partition::Aws));
                assert_eq!(is_equivalent(&left, &right), a == b);
            }
        }
    }

    #[test]
    fn actions_that_no_attached_policy_allows_are_missing() {
        let of = PolicyDocument::HostResourceGroups;
        let partition = Partition::AwsUsGov;
        let all = [
            "resource-groups:ListGroups",
            "resource-groups:GetGroupConfiguration",
            "resource-groups:ListGroupResources",
            "license-manager:GetLicenseConfiguration",
            "ec2:DescribeHosts",
        ];
        let allow = |action: Value, resource: &str| json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}});
        for (attached_documents, missing) in [
            (vec![], &all[..]),
            (vec![of.render(partition)], &[]),
            (vec![allow(json!("*"), "*")], &[]),
            (vec![allow(json!(["Resource-Groups:*"]), "*")], &all[3..]),
            (
                vec![
                    allow(json!("resource-groups:List*"), "*"),
                    allow(json!(["ec2:DescribeHost?", "license-manager:*"]), "*"),
                ],
                &all[1..2],
            ),
            // A statement with an ARN of another partition allows nothing in this partition.
            (vec![allow(json!("*"), "arn:aws:ec2:*:*:*")], &all[..]),
            (vec![allow(json!("*"), "arn:*:ec2:*:*:*")], &[]),
            (
                vec![json!({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})],
                &all[..],
            ),
            (
                vec![
                    json!({"Statement": [{"Effect": "Allow", "NotAction": "ec2:*", "Resource": "*"}]}),
                ],
                &all[4..],
            ),
            (
                vec![
                    json!({"Statement": [{"Effect": "Allow", "Action": "*", "NotResource": "x"}]}),
                ],
                &[],
            ),
        ] {
            assert_eq!(
                missing_actions(of, partition, &attached_documents),
                missing,
                "{attached_documents:?}"
            );
        }
    }

    #[test]
    fn new_actions_are_missing_in_an_outdated_document_for_eks() {
        let mut old = PolicyDocument::ControllersEks.render(Partition::Aws);
        let statements = old["Statement"].as_array_mut().unwrap();
        statements.retain(|statement| !statement["Action"].to_string().contains("iam:ListRoles"));
        let missing = missing_actions(PolicyDocument::ControllersEks, Partition::Aws, &[old]);
        assert_eq!(missing, ["iam:ListRoles"]);
    }
}
