//! Compares attached policies with Palette's documents.

use gangway_model::Partition;
use serde_json::Value;

use crate::{
    document::PolicyDocument,
    statement::{many, statements},
};

/// Returns `true` if two documents have the same meaning. Ignores order, `Sid`s, and whether a
/// single value is written as a list.
pub fn is_equivalent(a: &Value, b: &Value) -> bool {
    normalize(a) == normalize(b)
}

/// Members whose values IAM compares without regard to case.
const ACTIONS: [&str; 2] = ["Action", "NotAction"];

fn normalize(document: &Value) -> Vec<String> {
    let mut lines: Vec<_> = many(document.get("Statement"))
        .map(|statement| {
            let members = statement.as_object().into_iter().flatten();
            let members = members.filter(|(name, _)| *name != "Sid").map(|(name, value)| {
                let value =
                    if ACTIONS.contains(&name.as_str()) { lowercase(value) } else { sorted(value) };
                (name.clone(), value)
            });
            Value::Object(members.collect()).to_string()
        })
        .collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

fn lowercase(value: &Value) -> Value {
    let texts = many(Some(value)).filter_map(Value::as_str);
    sorted(&texts.map(str::to_ascii_lowercase).collect())
}

/// Sorts lists and converts single values to lists, recursively.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), sorted(member))).collect()
        }
        Value::Array(_) | Value::String(_) | Value::Bool(_) | Value::Number(_) | Value::Null => {
            let mut items: Vec<_> = many(Some(value))
                .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                .collect();
            items.sort_unstable();
            items.dedup();
            items.into()
        }
    }
}

/// Returns the actions of a document that none of the attached documents allows in this partition,
/// in the document's order. Does not compare resources and conditions: the policy simulator checks
/// them.
pub fn missing_actions(of: PolicyDocument, partition: Partition, actual: &[Value]) -> Vec<String> {
    let held: Vec<_> = actual
        .iter()
        .flat_map(statements)
        .filter(|held| held.allows() && held.covers_partition(partition.id()))
        .collect();
    let mut missing: Vec<String> = Vec::new();
    for statement in statements(of.template()) {
        for action in statement.action_names() {
            let known = missing.iter().any(|named| named == action);
            if !known && !held.iter().any(|held| held.covers_action(action)) {
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
    fn equivalent_documents_may_differ_in_form() {
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
    fn every_document_is_equivalent_only_to_itself() {
        for a in PolicyDocument::ALL {
            for b in PolicyDocument::ALL {
                let (left, right) = (a.render(Partition::Aws), b.render(Partition::Aws));
                assert_eq!(is_equivalent(&left, &right), a == b);
            }
        }
    }

    #[test]
    fn missing_actions_are_those_that_no_attached_policy_allows() {
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
        for (actual, missing) in [
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
            // An ARN of another partition matches nothing.
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
            assert_eq!(missing_actions(of, partition, &actual), missing, "{actual:?}");
        }
    }

    #[test]
    fn an_outdated_eks_document_lacks_the_new_actions() {
        let mut old = PolicyDocument::ControllersEks.render(Partition::Aws);
        let statements = old["Statement"].as_array_mut().unwrap();
        statements.retain(|statement| !statement["Action"].to_string().contains("iam:ListRoles"));
        let missing = missing_actions(PolicyDocument::ControllersEks, Partition::Aws, &[old]);
        assert_eq!(missing, ["iam:ListRoles"]);
    }
}
