//! Tests the events that request a registration.

use gangway_model::{AuthMethod, FieldErrorKind, Partition, RegistrationError, RequestLimits};
use serde_json::{Value, json};

use crate::{
    ApiError,
    samples::{SECRET, decode, no_limits, registration_event},
};

#[test]
fn the_event_schema_lists_the_fields_that_are_read() {
    let schema: Value = serde_json::from_str(include_str!(
        "../../../../events/schema/gangway-registration-requested.json"
    ))
    .unwrap();
    for example in schema["examples"].as_array().unwrap() {
        let method: AuthMethod = example["method"].as_str().unwrap().parse().unwrap();
        let (_, mut fields) = decode(&registration_event(example))
            .parse_operation(method, &[], &no_limits())
            .unwrap();
        let partition: Partition = example["partition"].as_str().unwrap().parse().unwrap();
        let settings = fields.account_spec(partition, method, false).unwrap();
        // With the method `pod-identity`, `policyArns` is not a field: the role has its policies
        // already.
        let policies = usize::from(method != AuthMethod::PodIdentity);
        assert_eq!(settings.policies.len(), policies);
        let own = match method {
            AuthMethod::StaticCredentials => {
                assert!(fields.secret_arn("secretArn", partition).is_some());
                1
            }
            AuthMethod::Sts => {
                assert!(fields.role_arn("roleArn", partition).is_some());
                1
            }
            AuthMethod::PodIdentity => {
                for name in ["roleArn", "hubbleRoleArn", "identityRoleArn"] {
                    assert!(fields.role_arn(name, partition).is_some());
                }
                assert!(fields.optional_role_arn("hubbleTargetRoleArn", partition).is_some());
                assert!(fields.required::<String>("clusterName").is_some());
                assert!(fields.optional::<String>("clusterRegion").is_some());
                assert!(fields.optional_policy_arn("permissionBoundaryArn", partition).is_some());
                for name in ["ensureAssociations", "ensureConfigMap", "ensureAgent"] {
                    assert!(fields.has(name));
                    let _whichever = fields.optional_bool(name);
                }
                assert_eq!(fields.role_arns("replaceAssociations", 3, partition).len(), 1);
                11
            }
            AuthMethod::Scap => {
                assert!(fields.secret_arn("secretArn", partition).is_some());
                for name in ["agency", "accountName"] {
                    assert!(fields.required::<gangway_model::PortalName>(name).is_some());
                }
                assert!(fields.required::<gangway_model::PortalRole>("role").is_some());
                assert!(fields.optional::<gangway_model::RolePrefix>("rolePrefix").is_some());
                assert!(fields.optional_policy_arn("permissionBoundaryArn", partition).is_some());
                6
            }
        };
        fields.finish(Some(())).unwrap();
        // An example has all fields that the methods have in common, and all fields of its own
        // method.
        let common = schema["properties"].as_object().unwrap().keys();
        let common = common.filter(|field| policies > 0 || *field != "policyArns");
        let common: Vec<_> = common.collect();
        assert_eq!(common.len() + own, example.as_object().unwrap().len());
        assert!(common.into_iter().all(|field| example.get(field).is_some()));
    }
}

#[test]
fn secrets_and_other_methods_are_rejected_in_events() {
    let errors = |detail: Value| {
        let request = decode(&registration_event(&detail));
        let outcome = request
            .parse_operation(AuthMethod::StaticCredentials, &[], &no_limits())
            .and_then(|(_, mut fields)| {
                let settings =
                    fields.account_spec(Partition::Aws, AuthMethod::StaticCredentials, false);
                let id = fields.required::<String>("accessKeyId");
                let secret = fields.secret::<gangway_model::SecretAccessKey>("secretAccessKey");
                fields.finish(settings.zip(id).zip(secret).map(|_| ()))
            });
        let Err(ApiError::Registration(RegistrationError::Invalid(errors))) = &outcome else {
            panic!()
        };
        let rejected =
            errors.iter().filter(|error| error.kind == FieldErrorKind::Unprocessable).count();
        let text = errors.iter().map(|error| error.detail.clone()).collect::<Vec<_>>().join("\n");
        let pointers = errors.iter().map(|error| error.pointer.clone()).collect::<Vec<_>>();
        assert!(!format!("{outcome:?}").contains("wJalrX"));
        (pointers, rejected, text)
    };
    let credentials = json!({
        "method": "static-credentials",
        "name": "prod",
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "secretAccessKey": SECRET,
    });
    let (pointers, rejected, text) = errors(credentials.clone());
    assert_eq!((pointers, rejected), (vec!["/secretAccessKey".to_owned()], 1));
    assert!(text.contains("send secretArn; this key was sent in an event"), "{text}");
    let mut other = credentials.clone();
    other["method"] = "sts".into();
    other["userKey"] = SECRET.into();
    let (pointers, rejected, _) = errors(other);
    assert_eq!(pointers, ["/method", "/secretAccessKey", "/userKey"]);
    assert_eq!(rejected, 3);
    let (pointers, _, text) =
        errors(json!({ "name": "prod", "accessKeyId": "AKIAIOSFODNN7EXAMPLE" }));
    assert_eq!(pointers, ["/method", "/secretAccessKey"]);
    assert!(text.contains("must not be in an event: send secretArn"), "{text}");
}

#[test]
fn replayed_and_old_events_and_other_projects_are_rejected() {
    let detail = json!({ "method": "sts", "name": "prod", "scope": { "project": "Payments" } });
    let pointers = |invocation: &Value, limits: &RequestLimits| {
        let parsed = decode(invocation).parse_operation(AuthMethod::Sts, &[], limits);
        let checked = parsed.and_then(|(_, mut fields)| {
            let spec = fields.account_spec(Partition::Aws, AuthMethod::Sts, false);
            fields.finish(spec)
        });
        match checked {
            Ok(_) => Vec::new(),
            Err(ApiError::Registration(RegistrationError::Invalid(errors))) => {
                errors.into_iter().map(|error| error.pointer).collect()
            }
            Err(error) => panic!("{error:?}"),
        }
    };
    let sent = registration_event(&detail);
    assert_eq!(pointers(&sent, &no_limits()), Vec::<String>::new());
    // The time of the sample event is long ago.
    assert_eq!(pointers(&sent, &RequestLimits::default()), ["/time"]);
    let elsewhere = RequestLimits { projects: Vec::new(), ..no_limits() };
    assert_eq!(pointers(&sent, &elsewhere), ["/scope/project"]);
    let (mut replayed, mut undated) = (sent.clone(), sent);
    replayed["replay-name"] = "restore-monday".into();
    assert_eq!(pointers(&replayed, &no_limits()), ["/replay-name"]);
    undated["time"] = Value::Null;
    assert_eq!(pointers(&undated, &no_limits()), ["/time"]);
}
