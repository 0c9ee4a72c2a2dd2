//! What holds for events besides.

use gangway_model::{AuthMethod, FieldErrorKind, Partition, RegistrationError};
use serde_json::{Value, json};

use super::said;
use crate::{
    ApiError,
    samples::{SECRET, event, read},
};

/// Rows: F03.
#[test]
fn the_schema_of_events_names_the_members_that_are_read() {
    let schema: Value = serde_json::from_str(include_str!(
        "../../../../events/schema/gangway-registration-requested.json"
    ))
    .unwrap();
    for example in schema["examples"].as_array().unwrap() {
        let method: AuthMethod = example["method"].as_str().unwrap().parse().unwrap();
        let (_, mut members) = read(&event(example)).parse_operation(method, &[]).unwrap();
        let partition: Partition = example["partition"].as_str().unwrap().parse().unwrap();
        let settings = members.account_spec(partition, method, false).unwrap();
        // With Pod Identity the policies are on the role already, so none are named.
        let policies = usize::from(method != AuthMethod::PodIdentity);
        assert_eq!(settings.policies.len(), policies);
        let own = match method {
            AuthMethod::StaticCredentials => {
                assert!(members.secret_arn("secretArn", partition).is_some());
                1
            }
            AuthMethod::Sts => {
                assert!(members.role_arn("roleArn", partition).is_some());
                1
            }
            AuthMethod::PodIdentity => {
                for name in ["roleArn", "hubbleRoleArn", "identityRoleArn"] {
                    assert!(members.role_arn(name, partition).is_some());
                }
                assert!(members.optional_role_arn("hubbleTargetRoleArn", partition).is_some());
                assert!(members.required::<String>("clusterName").is_some());
                assert!(members.optional::<String>("clusterRegion").is_some());
                assert!(members.optional_policy_arn("permissionBoundaryArn", partition).is_some());
                for name in ["ensureAssociations", "ensureConfigMap"] {
                    assert!(members.has(name));
                    let _whichever = members.optional_bool(name);
                }
                9
            }
            AuthMethod::Scap => {
                assert!(members.secret_arn("secretArn", partition).is_some());
                for name in ["agency", "accountName"] {
                    assert!(members.required::<gangway_model::PortalName>(name).is_some());
                }
                assert!(members.required::<gangway_model::PortalRole>("role").is_some());
                assert!(members.optional::<gangway_model::RolePrefix>("rolePrefix").is_some());
                assert!(members.optional_policy_arn("permissionBoundaryArn", partition).is_some());
                6
            }
        };
        members.finish().unwrap();
        // The common ones, each of which an example has, and the method's own.
        let common = schema["properties"].as_object().unwrap().keys();
        let common = common.filter(|member| policies > 0 || *member != "policyArns");
        let common: Vec<_> = common.collect();
        assert_eq!(common.len() + own, example.as_object().unwrap().len());
        assert!(common.into_iter().all(|member| example.get(member).is_some()));
    }
}

#[test]
fn events_carry_no_secret_and_name_their_function() {
    let faults = |detail: Value| {
        let request = read(&event(&detail));
        let outcome = request.parse_operation(AuthMethod::StaticCredentials, &[]).and_then(
            |(_, mut members)| {
                let settings =
                    members.account_spec(Partition::Aws, AuthMethod::StaticCredentials, false);
                let id = members.required::<String>("accessKeyId");
                let secret = members.secret::<gangway_model::SecretAccessKey>("secretAccessKey");
                members.finish()?;
                assert!(settings.is_some() && id.is_some() && secret.is_some());
                Ok(())
            },
        );
        let Err(ApiError::Registration(RegistrationError::Invalid(faults))) = &outcome else {
            panic!()
        };
        let refused =
            faults.iter().filter(|fault| fault.kind == FieldErrorKind::Unprocessable).count();
        let text = faults.iter().map(|fault| fault.detail.clone()).collect::<Vec<_>>().join("\n");
        let (_, pointers) = said(outcome);
        (pointers, refused, text)
    };
    let keys = json!({
        "method": "static-credentials",
        "name": "prod",
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "secretAccessKey": SECRET,
    });
    let (pointers, refused, text) = faults(keys.clone());
    assert_eq!((pointers, refused), (vec!["/secretAccessKey".to_owned()], 1));
    assert!(text.contains("send secretArn; this key has passed through an event"), "{text}");
    let mut other = keys.clone();
    other["method"] = "sts".into();
    other["userKey"] = SECRET.into();
    let (pointers, refused, _) = faults(other);
    assert_eq!(pointers, ["/method", "/secretAccessKey", "/userKey"]);
    assert_eq!(refused, 3);
    let (pointers, _, text) =
        faults(json!({ "name": "prod", "accessKeyId": "AKIAIOSFODNN7EXAMPLE" }));
    assert_eq!(pointers, ["/method", "/secretAccessKey"]);
    assert!(text.contains("so send secretArn"), "{text}");
}
