//! Tests of serializing and parsing secrets with access keys, and of the errors.

use gangway_model::{AccessKey, InvalidAccessKey};

use super::*;

const ACCESS_KEY_JSON: &str = r#"{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","secretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}"#;
const ID_MEMBER: &str = "accessKeyId";
const SECRET_MEMBER: &str = "secretAccessKey";

/// Parses a secret and serializes it again.
fn reserialize(text: &str, partition: Partition) -> Result<SecretPayload, Vec<InvalidPayload>> {
    let access_key = parse::<AccessKey>(&SecretString::from(text), partition)?;
    Ok(SecretPayload::from_credential(&Credential::AccessKey(access_key), partition).unwrap())
}

fn reserialize_text(text: &str) -> Result<String, Vec<InvalidPayload>> {
    reserialize(text, Partition::Aws).map(|payload| payload.text.to_string())
}

#[test]
fn unknown_members_of_a_secret_are_ignored() {
    assert_eq!(reserialize_text(ACCESS_KEY_JSON).unwrap(), ACCESS_KEY_JSON);
    let with_unknown_member = ACCESS_KEY_JSON.replace('{', r#"{ "certificateAuthority": "…", "#);
    assert_eq!(reserialize_text(&with_unknown_member).unwrap(), ACCESS_KEY_JSON);
    let escaped = ACCESS_KEY_JSON.replace("wJal", r#"\"w\\J"#);
    assert_eq!(reserialize_text(&escaped).unwrap(), escaped);
}

#[test]
fn all_errors_of_a_secret_are_returned_without_its_values() {
    let id = r#""accessKeyId":"AKIAIOSFODNN7EXAMPLE""#;
    let temporary = ACCESS_KEY_JSON.replace("AKIA", "ASIA");
    let short = ACCESS_KEY_JSON.replace("AKIAIOSFODNN7EXAMPLE", "AKIA");
    let line = ACCESS_KEY_JSON.replace("EXAMPLEKEY", "EXAMPLEKEY\\n");
    let both = short.replace("EXAMPLEKEY", "EXAMPLEKEY\\n");
    let member =
        |name, error: InvalidAccessKey| InvalidPayload::InvalidField(name, error.to_string());
    let required_members = AccessKey::FIELDS;
    for (text, expected) in [
        ("", vec![InvalidPayload::NotJson(required_members)]),
        ("wJalrXUtnFEMI", vec![InvalidPayload::NotJson(required_members)]),
        ("[]", vec![InvalidPayload::NotObject(required_members)]),
        ("\"wJalrXUtnFEMI\"", vec![InvalidPayload::NotObject(required_members)]),
        (
            "{}",
            vec![
                InvalidPayload::MissingField(ID_MEMBER),
                InvalidPayload::MissingField(SECRET_MEMBER),
            ],
        ),
        (
            r#"{"accessKeyId":1}"#,
            vec![
                InvalidPayload::MissingField(ID_MEMBER),
                InvalidPayload::MissingField(SECRET_MEMBER),
            ],
        ),
        (&format!("{{{id}}}"), vec![InvalidPayload::MissingField(SECRET_MEMBER)]),
        (
            &format!(r#"{{{id},"secretAccessKey":null}}"#),
            vec![InvalidPayload::MissingField(SECRET_MEMBER)],
        ),
        (&temporary, vec![member(ID_MEMBER, InvalidAccessKey::Temporary)]),
        (&short, vec![member(ID_MEMBER, InvalidAccessKey::Id)]),
        (&line, vec![member(SECRET_MEMBER, InvalidAccessKey::Secret)]),
        (
            &both,
            vec![
                member(ID_MEMBER, InvalidAccessKey::Id),
                member(SECRET_MEMBER, InvalidAccessKey::Secret),
            ],
        ),
    ] {
        let errors = reserialize_text(text).unwrap_err();
        assert_eq!(errors, expected, "{text}");
        assert!(!errors.iter().any(|error| error.to_string().contains("wJalr")));
    }
}

#[test]
fn access_keys_of_classified_partitions_need_ca_certificates() {
    for partition in [Partition::AwsIsoB, Partition::AwsIso] {
        let errors = reserialize(ACCESS_KEY_JSON, partition).map(drop).unwrap_err();
        assert_eq!(errors, [InvalidPayload::MissingField("certificateAuthority")], "{partition}");
    }
}

#[test]
fn the_same_access_key_has_the_same_version_id() {
    let version = |text: &str| reserialize(text, Partition::Aws).unwrap().version;
    let one = version(ACCESS_KEY_JSON);
    assert_eq!(one.len(), 64);
    assert_eq!(one, version(&format!("\n{}", ACCESS_KEY_JSON.replace(',', " ,\t"))));
    assert_ne!(one, version(&ACCESS_KEY_JSON.replace("EXAMPLEKEY", "OTHERKEY00")));
}
