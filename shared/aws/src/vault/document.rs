//! What is inside a secret of static keys.

use std::fmt::Write as _;

use domain::{InvalidKey, SecretKey, StaticKeys};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// The member that holds the public half.
const ID: &str = "accessKeyId";

/// The member that holds the private half.
const SECRET: &str = "secretAccessKey";

/// Why a secret's text is not a document of static keys. Completes the sentence "the secret …"; never shows the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum InvalidDocument {
    /// Not JSON at all.
    #[error("must hold a JSON object with accessKeyId and secretAccessKey; it does not hold JSON")]
    NotJson,
    /// JSON of another kind.
    #[error("must hold a JSON object with accessKeyId and secretAccessKey; it holds other JSON")]
    NotObject,
    /// A member is not there.
    #[error("must have a text as member {0}")]
    Lacks(&'static str),
    /// A member is not what it should be.
    #[error("has a member {0} that {1}")]
    Key(&'static str, InvalidKey),
}

/// A document, ready to be kept.
pub(super) struct Document {
    /// JSON. Wiped when dropped; what the SDK makes of it is not ours to wipe.
    pub(super) text: Zeroizing<String>,
    /// Its SHA-256: the same keys are the same version (`ClientRequestToken`).
    pub(super) version: String,
}

impl Document {
    /// Writes keys down. Their characters need no escape but quote and backslash, which serde adds.
    pub(super) fn of(keys: &StaticKeys) -> Self {
        #[expect(clippy::disallowed_methods, reason = "it is written into the vault")]
        let secret = keys.secret.secret().expose_secret();
        let secret = Zeroizing::new(quoted(secret));
        let id = quoted(keys.id.as_str());
        let mut text = Zeroizing::new(String::with_capacity(64 + id.len() + secret.len()));
        text.extend(["{\"", ID, "\":", &id, ",\"", SECRET, "\":", &secret, "}"]);
        let mut version = String::with_capacity(64);
        for byte in Sha256::digest(text.as_bytes()) {
            // Writing into a String cannot fail.
            let _infallible = write!(version, "{byte:02x}");
        }
        Self { text, version }
    }
}

/// As a JSON text.
fn quoted(text: &str) -> String {
    // Texts always serialize.
    serde_json::to_string(text).unwrap_or_default()
}

/// Reads keys back, or those that a caller has put into a secret. Members that are not known here are let be.
pub(super) fn read(text: &SecretString) -> Result<StaticKeys, InvalidDocument> {
    #[expect(clippy::disallowed_methods, reason = "it is parsed into types that hide it again")]
    let text = text.expose_secret();
    let document: Value =
        serde_json::from_str(text).map_err(|_says_where| InvalidDocument::NotJson)?;
    let Value::Object(mut members) = document else {
        return Err(InvalidDocument::NotObject);
    };
    let mut text = |member| match members.remove(member) {
        Some(Value::String(text)) => Ok(text),
        Some(_) | None => Err(InvalidDocument::Lacks(member)),
    };
    let id = text(ID)?;
    // Wrapped first, so that it is wiped whatever else is wrong.
    let secret = SecretString::from(text(SECRET)?);
    let id = id.parse().map_err(|fault| InvalidDocument::Key(ID, fault))?;
    let secret =
        SecretKey::try_from(secret).map_err(|fault| InvalidDocument::Key(SECRET, fault))?;
    Ok(StaticKeys { id, secret })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &str = r#"{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","secretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}"#;

    fn parsed(text: &str) -> Result<String, InvalidDocument> {
        read(&SecretString::from(text)).map(|keys| Document::of(&keys).text.to_string())
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
    fn every_fault_of_a_document_is_told_apart_and_none_shows_it() {
        let id = r#""accessKeyId":"AKIAIOSFODNN7EXAMPLE""#;
        let temporary = KEYS.replace("AKIA", "ASIA");
        let short = KEYS.replace("AKIAIOSFODNN7EXAMPLE", "AKIA");
        let line = KEYS.replace("EXAMPLEKEY", "EXAMPLEKEY\\n");
        for (text, fault) in [
            ("", InvalidDocument::NotJson),
            ("wJalrXUtnFEMI", InvalidDocument::NotJson),
            ("[]", InvalidDocument::NotObject),
            ("\"wJalrXUtnFEMI\"", InvalidDocument::NotObject),
            ("{}", InvalidDocument::Lacks(ID)),
            (r#"{"accessKeyId":1}"#, InvalidDocument::Lacks(ID)),
            (&format!("{{{id}}}"), InvalidDocument::Lacks(SECRET)),
            (&format!(r#"{{{id},"secretAccessKey":null}}"#), InvalidDocument::Lacks(SECRET)),
            (&temporary, InvalidDocument::Key(ID, InvalidKey::Temporary)),
            (&short, InvalidDocument::Key(ID, InvalidKey::Id)),
            (&line, InvalidDocument::Key(SECRET, InvalidKey::Secret)),
        ] {
            assert_eq!(parsed(text).unwrap_err(), fault, "{text}");
            assert!(!fault.to_string().contains("wJalr"));
        }
    }

    #[test]
    fn the_same_keys_are_the_same_version() {
        let version = |text: &str| Document::of(&read(&SecretString::from(text)).unwrap()).version;
        let one = version(KEYS);
        assert_eq!(one.len(), 64);
        assert_eq!(one, version(&format!("\n{}", KEYS.replace(',', " ,\t"))));
        assert_ne!(one, version(&KEYS.replace("EXAMPLEKEY", "OTHERKEY00")));
    }
}
