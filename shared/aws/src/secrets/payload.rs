//! The content of a secret: a JSON object with strings.

mod contents;
mod fields;
#[cfg(test)]
mod tests;

use gangway_model::{ClientTlsIdentity, Credential, Partition};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

pub use contents::SecretPayloadType;
pub(super) use fields::InvalidPayload;
use fields::PayloadFields;

/// A serialized secret, ready to be stored.
pub(super) struct SecretPayload {
    /// JSON. Zeroized on drop; copies that the SDK makes are not.
    pub(super) text: Zeroizing<String>,
    /// SHA-256 of the text, used as the version id (`ClientRequestToken`): the same content has the
    /// same version.
    pub(super) version: String,
}

/// A value that is to be serialized.
enum Value<'a> {
    Open(&'a str),
    Secret(&'a SecretString),
}

impl SecretPayload {
    /// Serializes the secret part of a credential. Returns `None` if the credential has no secret
    /// part.
    pub(super) fn from_credential(credential: &Credential, partition: Partition) -> Option<Self> {
        use Value::{Open, Secret};
        let mut members = Vec::new();
        match credential {
            Credential::AccessKey(keys) => {
                members.push(("accessKeyId", Open(keys.id.as_str())));
                members.push(("secretAccessKey", Secret(keys.secret.secret())));
                let authority = keys.certificate_authority.as_ref();
                members.extend(authority.map(|chain| ("certificateAuthority", Open(chain.pem()))));
            }
            Credential::AccessPortal(portal) => {
                let account = partition.info().portal.as_ref().map(|portal| portal.account);
                members.push(("agency", Open(portal.agency.as_str())));
                members.extend(account.map(|name| (name, Open(portal.account.as_str()))));
                members.push(("role", Open(portal.role.as_str())));
                let ClientTlsIdentity { certificate_authority, certificate, key } =
                    &portal.identity;
                members.push(("certificateAuthority", Open(certificate_authority.pem())));
                members.push(("userCertificate", Open(certificate.pem())));
                members.push(("userKey", Secret(key.pem())));
            }
            Credential::AssumedRole(_) | Credential::PodIdentity(_) => return None,
        }
        Some(Self::written(&members))
    }

    fn written(members: &[(&'static str, Value<'_>)]) -> Self {
        let quoted: Vec<_> = members
            .iter()
            .map(|(_, value)| match value {
                Value::Open(text) => quoted(text),
                Value::Secret(secret) => {
                    #[expect(clippy::disallowed_methods, reason = "it is written into the vault")]
                    let text = secret.expose_secret();
                    quoted(text)
                }
            })
            .collect();
        // The capacity is sufficient: a string that grows would leave copies of the secret in
        // memory.
        let room: usize = quoted.iter().map(|text| text.len() + 32).sum();
        let mut text = Zeroizing::new(String::with_capacity(room + 2));
        let mut parting = "{\"";
        for ((name, _), value) in members.iter().zip(&quoted) {
            text.extend([parting, *name, "\":", value.as_str()]);
            parting = ",\"";
        }
        text.push('}');
        let version = hex::encode(Sha256::digest(text.as_bytes()));
        Self { text, version }
    }
}

/// Returns the text as a JSON string.
fn quoted(text: &str) -> Zeroizing<String> {
    let mut written = Zeroizing::new(Vec::with_capacity(text.len() * 2 + 2));
    // Serializing a string cannot fail.
    let _infallible = serde_json::to_writer(&mut *written, text);
    Zeroizing::new(str::from_utf8(&written).unwrap_or_default().to_owned())
}

/// Parses the content of a secret, whether Gangway or a caller wrote it. Ignores unknown members.
pub(super) fn read<T: SecretPayloadType>(
    text: &SecretString,
    partition: Partition,
) -> Result<T, Vec<InvalidPayload>> {
    let mut fields = PayloadFields::read(text, T::FIELDS)?;
    let contents = T::read(&mut fields, partition);
    fields.finish(contents)
}
