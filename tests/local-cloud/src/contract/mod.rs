//! JSON Schemas of the requests and responses between Gangway and Palette.

mod schema_error;

use std::{collections::BTreeMap, sync::LazyLock};

use jsonschema::Validator;
pub use schema_error::SchemaError;
use serde_json::{Value, json};

const REQUEST_SCHEMAS: &str = include_str!("../../contract/sent.json");
const RESPONSE_SCHEMAS: &str = include_str!("../../contract/read.json");

/// The validator of each definition, by file and name, such as `sent/account`.
static VALIDATORS: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
    let requests = compile_definitions("sent", REQUEST_SCHEMAS);
    requests.chain(compile_definitions("read", RESPONSE_SCHEMAS)).collect()
});

/// A JSON Schema in the folder `contract/`, named by its definition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Schema {
    /// The schema of a request that Gangway sends: a definition in `contract/sent.json`.
    Request(&'static str),
    /// The schema of a response that Gangway reads: a definition in `contract/read.json`.
    Response(&'static str),
}

impl Schema {
    /// Returns the key of the schema in `VALIDATORS`.
    fn key(self) -> String {
        match self {
            Self::Request(name) => format!("sent/{name}"),
            Self::Response(name) => format!("read/{name}"),
        }
    }

    /// Validates a request or response body. Returns all violations, with the error codes and
    /// messages of Palette.
    pub fn validate(self, body: &Value) -> Vec<SchemaError> {
        let Some(validator) = VALIDATORS.get(&self.key()) else {
            return vec![SchemaError::unknown_schema(&self.key())];
        };
        validator
            .iter_errors(body)
            .map(|error| SchemaError::from_validation_error(&error))
            .collect()
    }
}

/// Compiles every definition of a schema file.
fn compile_definitions(
    file: &'static str,
    text: &str,
) -> impl Iterator<Item = (String, Validator)> {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let names: Vec<String> = document
        .pointer("/$defs")
        .and_then(Value::as_object)
        .map(|defs| defs.keys().cloned().collect())
        .unwrap_or_default();
    names.into_iter().filter_map(move |name| {
        let mut schema = document.clone();
        schema.as_object_mut()?.insert("$ref".into(), json!(format!("#/$defs/{name}")));
        Some((format!("{file}/{name}"), jsonschema::validator_for(&schema).ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account_body(spec: &Value) -> Value {
        json!({
            "metadata": {"name": "a", "annotations": {"scope": "tenant", "overlordUid": ""}},
            "spec": spec,
        })
    }

    fn static_keys_spec() -> Value {
        json!({"credentialType": "secret", "partition": "aws", "accessKey": "AKIAIOSFODNN7EXAMPLE",
               "secretKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "policyARNs": []})
    }

    fn sts_spec() -> Value {
        json!({"credentialType": "sts", "partition": "aws-us-gov",
               "sts": {"arn": "arn:aws-us-gov:iam::123456789012:role/SpectroCloudRole",
                       "externalId": "ext"}})
    }

    /// Returns the body with another value at a JSON pointer.
    fn replace_member(mut body: Value, pointer: &str, value: Value) -> Value {
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[member] = value;
        body
    }

    #[test]
    fn contract_definition_is_a_valid_schema() {
        for (file, text) in [("sent", REQUEST_SCHEMAS), ("read", RESPONSE_SCHEMAS)] {
            let document: Value = serde_json::from_str(text).unwrap();
            for name in document["$defs"].as_object().unwrap().keys() {
                assert!(VALIDATORS.contains_key(&format!("{file}/{name}")), "{file}/{name}");
            }
        }
    }

    #[test]
    fn complete_account_is_valid() {
        for spec in [
            static_keys_spec(),
            sts_spec(),
            json!({"credentialType": "pod-identity", "partition": "aws",
                   "podIdentity": {"roleArn": "arn:aws:iam::123456789012:role/R"}}),
            json!({"credentialType": "secret", "partition": "aws-iso",
                   "accessKey": "ASIAIOSFODNN7EXAMPLE",
                   "secretKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                   "secretSpec": {"agency": "A", "mission": "M", "role": "R",
                                  "isCapValidationEnabled": true,
                                  "tls": {"ca": "x", "cert": "y", "key": "z"}}}),
        ] {
            assert_eq!(Schema::Request("account").validate(&account_body(&spec)), [], "{spec}");
        }
    }

    #[test]
    fn body_that_violates_the_published_contract_is_rejected() {
        let valid_body = account_body(&static_keys_spec());
        for (pointer, value, code) in [
            ("/spec/credentialType", json!("STS"), 606),
            ("/spec/partition", json!("aws-cn"), 606),
            ("/spec/policyARNs", Value::Null, 601),
            ("/spec/policyARNs", json!("arn:aws:iam::123456789012:policy/P"), 601),
            ("/metadata/annotations/gateway", json!(7), 601),
            ("/metadata/annotations/gateway", Value::Null, 601),
        ] {
            let errors = Schema::Request("account").validate(&replace_member(
                valid_body.clone(),
                pointer,
                value.clone(),
            ));
            assert!(errors.iter().any(|error| error.code == code), "{pointer} {value} {errors:?}");
        }
    }

    #[test]
    fn invalid_body_that_the_published_contract_allows_is_rejected() {
        let (static_keys, sts) = (account_body(&static_keys_spec()), account_body(&sts_spec()));
        for body in [
            json!({}),
            json!([]),
            replace_member(static_keys.clone(), "/metadata/name", json!("")),
            replace_member(static_keys.clone(), "/spec/sts", sts_spec()["sts"].clone()),
            replace_member(static_keys.clone(), "/spec/region", json!("us-east-1")),
            replace_member(static_keys.clone(), "/status", json!({})),
            replace_member(
                static_keys,
                "/metadata/annotations",
                json!({"scope": "system", "overlordUid": ""}),
            ),
            replace_member(
                sts.clone(),
                "/spec/sts",
                json!({"arn": "arn:aws:iam::123456789012:role/R"}),
            ),
            replace_member(
                sts.clone(),
                "/spec/sts/roleArn",
                json!("arn:aws:iam::123456789012:role/R"),
            ),
            replace_member(sts.clone(), "/spec/accessKey", json!("AKIAIOSFODNN7EXAMPLE")),
            replace_member(sts.clone(), "/spec/partition", json!("aws-iso-b")),
            replace_member(sts, "/spec/sts/arn", json!("arn:aws:iam::123456789012:user/R")),
        ] {
            assert_ne!(Schema::Request("account").validate(&body), [], "{body}");
        }
    }

    #[test]
    fn error_message_does_not_contain_the_secret() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let body =
            replace_member(account_body(&static_keys_spec()), "/spec/secretKey", json!([secret]));
        let errors = Schema::Request("account").validate(&body);
        assert!(!errors.is_empty());
        assert!(errors.iter().all(|error| !error.message.contains(secret)), "{errors:?}");
    }
}
