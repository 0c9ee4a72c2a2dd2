//! Secrets of both methods: serializing, parsing, and all errors.

use gangway_model::{AccessKey, InvalidAccessKey};

use super::*;

const KEYS: &str = r#"{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","secretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}"#;
const ID: &str = "accessKeyId";
const SECRET: &str = "secretAccessKey";

fn document(text: &str, partition: Partition) -> Result<SecretPayload, Vec<InvalidPayload>> {
    let keys = read::<AccessKey>(&SecretString::from(text), partition)?;
    Ok(SecretPayload::from_credential(&Credential::AccessKey(keys), partition).unwrap())
}

fn parsed(text: &str) -> Result<String, Vec<InvalidPayload>> {
    document(text, Partition::Aws).map(|document| document.text.to_string())
}

#[test]
fn documents_are_read_as_they_are_written_and_members_to_come_are_let_be() {
    assert_eq!(parsed(KEYS).unwrap(), KEYS);
    let more = KEYS.replace('{', r#"{ "certificateAuthority": "…", "#);
    assert_eq!(parsed(&more).unwrap(), KEYS);
    let escaped = KEYS.replace("wJal", r#"\"w\\J"#);
    assert_eq!(parsed(&escaped).unwrap(), escaped);
}

#[test]
fn every_fault_of_a_document_is_told_and_none_shows_it() {
    let id = r#""accessKeyId":"AKIAIOSFODNN7EXAMPLE""#;
    let temporary = KEYS.replace("AKIA", "ASIA");
    let short = KEYS.replace("AKIAIOSFODNN7EXAMPLE", "AKIA");
    let line = KEYS.replace("EXAMPLEKEY", "EXAMPLEKEY\\n");
    let both = short.replace("EXAMPLEKEY", "EXAMPLEKEY\\n");
    let member =
        |name, fault: InvalidAccessKey| InvalidPayload::InvalidField(name, fault.to_string());
    let holds = AccessKey::FIELDS;
    for (text, faults) in [
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
        let told = parsed(text).unwrap_err();
        assert_eq!(told, faults, "{text}");
        assert!(!told.iter().any(|fault| fault.to_string().contains("wJalr")));
    }
}

#[test]
fn keys_of_an_enclave_are_not_complete_without_the_authorities() {
    for partition in [Partition::AwsIsoB, Partition::AwsIso] {
        let told = document(KEYS, partition).map(drop).unwrap_err();
        assert_eq!(told, [InvalidPayload::MissingField("certificateAuthority")], "{partition}");
    }
}

#[test]
fn the_same_keys_are_the_same_version() {
    let version = |text: &str| document(text, Partition::Aws).unwrap().version;
    let one = version(KEYS);
    assert_eq!(one.len(), 64);
    assert_eq!(one, version(&format!("\n{}", KEYS.replace(',', " ,\t"))));
    assert_ne!(one, version(&KEYS.replace("EXAMPLEKEY", "OTHERKEY00")));
}
