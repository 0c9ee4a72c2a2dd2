//! Tests that compare trust policies, ARNs and templates with files that a person has reviewed.
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

fn palette_account_id() -> AccountId {
    "111122223333".parse().unwrap()
}

fn read_golden_file(name: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// Adds every ARN of the partition in a document to `found`.
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
fn trust_policy_and_arns_of_each_partition_equal_the_golden_file() {
    for facts in &PARTITIONS {
        let mut arns = BTreeMap::new();
        for document in PolicyDocument::ALL {
            let mut found = Vec::new();
            own_arns(&document.render(facts.partition), facts.partition, &mut found);
            if !found.is_empty() {
                arns.insert(document.name(), found);
            }
        }
        let documents = json!({
            "trustPolicy": trust_policy(facts.partition, palette_account_id(), EXTERNAL_ID),
            "partitionsOwnArns": arns,
        });
        assert_eq!(documents, read_golden_file(&format!("{}.json", facts.id)), "{documents:#}");
    }
}

/// Acceptance rows: F31.
#[test]
fn the_same_role_template_is_for_every_partition() {
    let template = role_template(&RoleTemplateParams {
        profile: PermissionProfile::MinimumEksStatic,
        add_ons: &[PolicyDocument::CloudFormationStack],
        palette_account: palette_account_id(),
        external_id: EXTERNAL_ID,
    });
    assert_eq!(template, read_golden_file("role-template.json"), "{template:#}");
    assert!(!template.to_string().contains("arn:aws"));
}

/// The golden file is the largest template. `make template` checks the same file with
/// cfn-lint.
///
/// Acceptance rows: F31.
#[test]
fn template_with_every_document_equals_the_file_for_cfn_lint() {
    let template = role_template(&RoleTemplateParams {
        profile: PermissionProfile::CoreEks,
        add_ons: &[PolicyDocument::CloudFormationStack, PolicyDocument::HostResourceGroups],
        palette_account: palette_account_id(),
        external_id: EXTERNAL_ID,
    });
    assert_eq!(template, read_golden_file("role-template-core-eks.json"), "{template:#}");
}

/// Acceptance rows: F31.
#[test]
fn trust_policies_are_not_longer_than_iam_allows() {
    let longest = "x".repeat(1224);
    for facts in &PARTITIONS {
        let text = trust_policy(facts.partition, palette_account_id(), &longest).to_string();
        assert!(text.len() <= 2048, "{}", text.len());
    }
}

/// Acceptance rows: F29, F90, F91.
#[test]
fn role_template_has_only_the_documents_of_profile_and_add_ons() {
    for profile in PermissionProfile::ALL {
        for add_ons in
            [&[][..], &[PolicyDocument::CloudFormationStack, PolicyDocument::HostResourceGroups]]
        {
            let palette_account = palette_account_id();
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
            // CloudFormation accepts a template of this size in a request. A template in S3 may be
            // larger.
            assert!(template.to_string().len() <= 51_200);
            for document in wanted {
                let policy = &template["Resources"][document.name()]["Properties"];
                assert_eq!(policy["ManagedPolicyName"], document.name());
                let resolved = resolve_fn_sub(&policy["PolicyDocument"]);
                assert_eq!(resolved, document.render(Partition::AwsUsGov));
            }
        }
    }
}

/// Replaces each `Fn::Sub` with the text that `CloudFormation` creates from it in `GovCloud`.
fn resolve_fn_sub(value: &Value) -> Value {
    match value {
        Value::Object(members) => match members.get("Fn::Sub").and_then(Value::as_str) {
            Some(text) => text.replace("${AWS::Partition}", "aws-us-gov").into(),
            None => members
                .iter()
                .map(|(name, member)| (name.clone(), resolve_fn_sub(member)))
                .collect(),
        },
        Value::Array(items) => items.iter().map(resolve_fn_sub).collect(),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
