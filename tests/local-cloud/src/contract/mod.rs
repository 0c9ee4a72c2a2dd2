//! JSON Schemas of the requests and responses between Gangway and Palette.

mod fault;

use std::{collections::BTreeMap, sync::LazyLock};

pub use fault::SchemaError;
use jsonschema::Validator;
use serde_json::{Value, json};

const REQUEST_SCHEMAS: &str = include_str!("../../contract/sent.json");
const RESPONSE_SCHEMAS: &str = include_str!("../../contract/read.json");

static COMPILED: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
    let sent = definitions("sent", REQUEST_SCHEMAS);
    sent.chain(definitions("read", RESPONSE_SCHEMAS)).collect()
});

/// A schema in `contract/`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Schema {
    /// A definition in `contract/sent.json`.
    Request(&'static str),
    /// A definition in `contract/read.json`.
    Response(&'static str),
}

impl Schema {
    fn key(self) -> String {
        match self {
            Self::Request(name) => format!("sent/{name}"),
            Self::Response(name) => format!("read/{name}"),
        }
    }

    /// Validates a body. Returns all violations, with messages like Palette's.
    pub fn validate(self, body: &Value) -> Vec<SchemaError> {
        let Some(validator) = COMPILED.get(&self.key()) else {
            return vec![SchemaError::unknown_schema(&self.key())];
        };
        validator
            .iter_errors(body)
            .map(|error| SchemaError::from_validation_error(&error))
            .collect()
    }
}

fn definitions(file: &'static str, text: &str) -> impl Iterator<Item = (String, Validator)> {
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

    fn account(spec: &Value) -> Value {
        json!({"metadata": {"name": "a", "annotations": {"scope": "tenant", "overlordUid": ""}}, "spec": spec})
    }

    fn keys() -> Value {
        json!({"credentialType": "secret", "partition": "aws", "accessKey": "AKIAIOSFODNN7EXAMPLE",
               "secretKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "policyARNs": []})
    }

    fn role() -> Value {
        json!({"credentialType": "sts", "partition": "aws-us-gov",
               "sts": {"arn": "arn:aws-us-gov:iam::123456789012:role/SpectroCloudRole", "externalId": "ext"}})
    }

    fn with(mut body: Value, pointer: &str, value: Value) -> Value {
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[member] = value;
        body
    }

    #[test]
    fn every_definition_compiles() {
        for (file, text) in [("sent", REQUEST_SCHEMAS), ("read", RESPONSE_SCHEMAS)] {
            let document: Value = serde_json::from_str(text).unwrap();
            for name in document["$defs"].as_object().unwrap().keys() {
                assert!(COMPILED.contains_key(&format!("{file}/{name}")), "{file}/{name}");
            }
        }
    }

    #[test]
    fn complete_accounts_are_valid() {
        for spec in [
            keys(),
            role(),
            json!({"credentialType": "pod-identity", "partition": "aws",
                   "podIdentity": {"roleArn": "arn:aws:iam::123456789012:role/R"}}),
            json!({"credentialType": "secret", "partition": "aws-iso", "accessKey": "ASIAIOSFODNN7EXAMPLE",
                   "secretKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                   "secretSpec": {"agency": "A", "mission": "M", "role": "R", "isCapValidationEnabled": true,
                                  "tls": {"ca": "x", "cert": "y", "key": "z"}}}),
        ] {
            assert_eq!(Schema::Request("account").validate(&account(&spec)), [], "{spec}");
        }
    }

    #[test]
    fn violations_of_the_published_contract_are_found() {
        let good = account(&keys());
        for (pointer, value, code) in [
            ("/spec/credentialType", json!("STS"), 606),
            ("/spec/partition", json!("aws-cn"), 606),
            ("/spec/policyARNs", Value::Null, 601),
            ("/spec/policyARNs", json!("arn:aws:iam::123456789012:policy/P"), 601),
            ("/metadata/annotations/gateway", json!(7), 601),
            ("/metadata/annotations/gateway", Value::Null, 601),
        ] {
            let faults =
                Schema::Request("account").validate(&with(good.clone(), pointer, value.clone()));
            assert!(faults.iter().any(|fault| fault.code == code), "{pointer} {value} {faults:?}");
        }
    }

    #[test]
    fn invalid_bodies_that_the_published_contract_allows_are_found() {
        let (static_keys, sts) = (account(&keys()), account(&role()));
        for body in [
            json!({}),
            json!([]),
            with(static_keys.clone(), "/metadata/name", json!("")),
            with(static_keys.clone(), "/spec/sts", role()["sts"].clone()),
            with(static_keys.clone(), "/spec/region", json!("us-east-1")),
            with(static_keys.clone(), "/status", json!({})),
            with(
                static_keys,
                "/metadata/annotations",
                json!({"scope": "system", "overlordUid": ""}),
            ),
            with(sts.clone(), "/spec/sts", json!({"arn": "arn:aws:iam::123456789012:role/R"})),
            with(sts.clone(), "/spec/sts/roleArn", json!("arn:aws:iam::123456789012:role/R")),
            with(sts.clone(), "/spec/accessKey", json!("AKIAIOSFODNN7EXAMPLE")),
            with(sts.clone(), "/spec/partition", json!("aws-iso-b")),
            with(sts, "/spec/sts/arn", json!("arn:aws:iam::123456789012:user/R")),
        ] {
            assert_ne!(Schema::Request("account").validate(&body), [], "{body}");
        }
    }

    #[test]
    fn violations_do_not_repeat_secrets() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let body = with(account(&keys()), "/spec/secretKey", json!([secret]));
        let faults = Schema::Request("account").validate(&body);
        assert!(!faults.is_empty());
        assert!(faults.iter().all(|fault| !fault.message.contains(secret)), "{faults:?}");
    }
}
