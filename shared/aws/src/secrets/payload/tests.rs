//! Secrets of both methods: serializing, parsing, and all errors.

use gangway_model::{AccessKey, InvalidAccessKey};

use super::*;

const KEYS: &str = r#"{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","secretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}"#;
const ID: &str = "accessKeyId";
const SECRET: &str = "secretAccessKey";

fn document(text: &str, partition: Partition) -> Result<SecretPayload, Vec<InvalidPayload>> {
    let keys = parse::<AccessKey>(&SecretString::from(text), partition)?;
    Ok(SecretPayload::from_credential(&Credential::AccessKey(keys), partition).unwrap())
}

fn parsed(text: &str) -> Result<String, Vec<InvalidPayload>> {
    document(text, Partition::Aws).map(|document| document.text.to_string())
}

#[test]
fn serialized_secrets_parse_again_and_unknown_members_are_ignored() {
    assert_eq!(parsed(KEYS).unwrap(), KEYS);
    let with_unknown_member = KEYS.replace('{', r#"{ "certificateAuthority": "…", "#);
    assert_eq!(parsed(&with_unknown_member).unwrap(), KEYS);
    let escaped = KEYS.replace("wJal", r#"\"w\\J"#);
    assert_eq!(parsed(&escaped).unwrap(), escaped);
}

#[test]
fn every_error_is_returned_and_none_contains_a_value() {
    let id = r#""accessKeyId":"AKIAIOSFODNN7EXAMPLE""#;
    let temporary = KEYS.replace("AKIA", "ASIA");
    let short = KEYS.replace("AKIAIOSFODNN7EXAMPLE", "AKIA");
    let line = KEYS.replace("EXAMPLEKEY", "EXAMPLEKEY\\n");
    let both = short.replace("EXAMPLEKEY", "EXAMPLEKEY\\n");
    let member =
        |name, error: InvalidAccessKey| InvalidPayload::InvalidField(name, error.to_string());
    let holds = AccessKey::FIELDS;
    for (text, expected) in [
        ("", vec![InvalidPayload::NotJson(holds)]),
        ("wJalrXUtnFEMI", vec![InvalidPayload::NotJson(holds)]),
        ("[]", vec![InvalidPayload::NotObject(holds)]),
        ("\"wJalrXUtnFEMI\"", vec![InvalidPayload::NotObject(holds)]),
        ("{}", vec![InvalidPayload::MissingField(ID), InvalidPayload::MissingField(SECRET)]),
        (
            r#"{"accessKeyId":1}"#,
            vec![InvalidPayload::MissingField(ID), InvalidPayload::MissingField(SECRET)],
        ),
        (&format!("{{{id}}}"), vec![InvalidPayload::MissingField(SECRET)]),
        (
            &format!(r#"{{{id},"secretAccessKey":null}}"#),
            vec![InvalidPayload::MissingField(SECRET)],
        ),
        (&temporary, vec![member(ID, InvalidAccessKey::Temporary)]),
        (&short, vec![member(ID, InvalidAccessKey::Id)]),
        (&line, vec![member(SECRET, InvalidAccessKey::Secret)]),
        (&both, vec![member(ID, InvalidAccessKey::Id), member(SECRET, InvalidAccessKey::Secret)]),
    ] {
        let errors = parsed(text).unwrap_err();
        assert_eq!(errors, expected, "{text}");
        assert!(!errors.iter().any(|error| error.to_string().contains("wJalr")));
    }
}

#[test]
fn keys_of_classified_partitions_need_ca_certificates() {
    for partition in [Partition::AwsIsoB, Partition::AwsIso] {
        let errors = document(KEYS, partition).map(drop).unwrap_err();
        assert_eq!(errors, [InvalidPayload::MissingField("certificateAuthority")], "{partition}");
    }
}

#[test]
fn the_same_keys_have_the_same_version() {
    let version = |text: &str| document(text, Partition::Aws).unwrap().version;
    let one = version(KEYS);
    assert_eq!(one.len(), 64);
    assert_eq!(one, version(&format!("\n{}", KEYS.replace(',', " ,\t"))));
    assert_ne!(one, version(&KEYS.replace("EXAMPLEKEY", "OTHERKEY00")));
}
