//! What users are handed, held against files that a person has read (F31).
#![expect(clippy::unwrap_used, clippy::tests_outside_test_module, reason = "a test program")]

use std::{collections::BTreeMap, fs, path::Path};

use gangway_model::{AccountId, PARTITIONS, Partition, PermissionProfile};
use gangway_policies::{
    PolicyDocument,
    cloudformation::{RoleTemplateParams, role_template},
    trust_policy,
};
use serde_json::{Value, json};

const EXTERNAL_ID: &str = "a2c4e6f8-0b1d-4e3f-9a5c-7d9e1b3f5a7c";

fn palette() -> AccountId {
    "111122223333".parse().unwrap()
}

fn golden(name: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// Collects every ARN of the partition in a document.
fn own_arns(value: &Value, partition: Partition, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.starts_with(&format!("arn:{partition}:")) => {
            found.push(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| own_arns(item, partition, found)),
        Value::Object(members) => {
            members.values().for_each(|member| own_arns(member, partition, found));
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Acceptance rows: F31.
#[test]
fn trust_and_arns_are_those_of_the_partition() {
    for facts in &PARTITIONS {
        let mut arns = BTreeMap::new();
        for document in PolicyDocument::ALL {
            let mut found = Vec::new();
            own_arns(&document.render(facts.partition), facts.partition, &mut found);
            if !found.is_empty() {
                arns.insert(document.name(), found);
            }
        }
        let handed_out = json!({
            "trustPolicy": trust_policy(facts.partition, palette(), EXTERNAL_ID),
            "partitionsOwnArns": arns,
        });
        assert_eq!(handed_out, golden(&format!("{}.json", facts.id)), "{handed_out:#}");
    }
}

/// Acceptance rows: F31.
#[test]
fn one_template_serves_every_partition() {
    let template = role_template(&RoleTemplateParams {
        profile: PermissionProfile::MinimumEksStatic,
        add_ons: &[PolicyDocument::CloudFormationStack],
        palette_account: palette(),
        external_id: EXTERNAL_ID,
    });
    assert_eq!(template, golden("role-template.json"), "{template:#}");
    assert!(!template.to_string().contains("arn:aws"));
}

/// The largest template, which `make template` checks with cfn-lint as well.
///
/// Acceptance rows: F31.
#[test]
fn template_with_every_document_is_the_one_that_cfn_lint_checks() {
    let template = role_template(&RoleTemplateParams {
        profile: PermissionProfile::CoreEks,
        add_ons: &[PolicyDocument::CloudFormationStack, PolicyDocument::HostResourceGroups],
        palette_account: palette(),
        external_id: EXTERNAL_ID,
    });
    assert_eq!(template, golden("role-template-core-eks.json"), "{template:#}");
}

/// Acceptance rows: F31.
#[test]
fn trust_policies_fit_into_a_role() {
    let longest = "x".repeat(1224);
    for facts in &PARTITIONS {
        let text = trust_policy(facts.partition, palette(), &longest).to_string();
        assert!(text.len() <= 2048, "{}", text.len());
    }
}

/// Acceptance rows: F29, F90, F91.
#[test]
fn the_template_has_the_documents_of_the_profile_and_no_other() {
    for profile in PermissionProfile::ALL {
        for add_ons in
            [&[][..], &[PolicyDocument::CloudFormationStack, PolicyDocument::HostResourceGroups]]
        {
            let palette_account = palette();
            let template = role_template(&RoleTemplateParams {
                profile,
                add_ons,
                palette_account,
                external_id: EXTERNAL_ID,
            });
            let wanted: Vec<_> =
                gangway_policies::documents_for(profile).iter().chain(add_ons).collect();
            let attached = template["Resources"]["Role"]["Properties"]["ManagedPolicyArns"].clone();
            let names: Value =
                wanted.iter().map(|document| json!({"Ref": document.name()})).collect();
            assert_eq!(attached, names);
            assert_eq!(template["Resources"].as_object().unwrap().len(), wanted.len() + 1);
            // What CloudFormation takes as the body of a request; a file in S3 may be longer.
            assert!(template.to_string().len() <= 51_200);
            for document in wanted {
                let policy = &template["Resources"][document.name()]["Properties"];
                assert_eq!(policy["ManagedPolicyName"], document.name());
                let filled = filled_in(&policy["PolicyDocument"]);
                assert_eq!(filled, document.render(Partition::AwsUsGov));
            }
        }
    }
}

/// Replaces `Fn::Sub` as `CloudFormation` would in `GovCloud`.
fn filled_in(value: &Value) -> Value {
    match value {
        Value::Object(members) => match members.get("Fn::Sub").and_then(Value::as_str) {
            Some(text) => text.replace("${AWS::Partition}", "aws-us-gov").into(),
            None => {
                members.iter().map(|(name, member)| (name.clone(), filled_in(member))).collect()
            }
        },
        Value::Array(items) => items.iter().map(filled_in).collect(),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
