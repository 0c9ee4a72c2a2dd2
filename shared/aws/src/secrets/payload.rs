//! What is inside a secret: a JSON object of texts.

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

/// A document, ready to be kept.
pub(super) struct SecretPayload {
    /// JSON. Wiped when dropped; what the SDK makes of it is not ours to wipe.
    pub(super) text: Zeroizing<String>,
    /// Its SHA-256: the same content is the same version (`ClientRequestToken`).
    pub(super) version: String,
}

/// A value on its way into a document.
enum Value<'a> {
    Open(&'a str),
    Secret(&'a SecretString),
}

impl SecretPayload {
    /// Writes a credential down, with what is needed to use it. `None` where nothing in it is secret.
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
        // Room enough, so that no copy is left behind while it grows.
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

/// As a JSON text.
fn quoted(text: &str) -> Zeroizing<String> {
    let mut written = Zeroizing::new(Vec::with_capacity(text.len() * 2 + 2));
    // Texts always serialize.
    let _infallible = serde_json::to_writer(&mut *written, text);
    Zeroizing::new(str::from_utf8(&written).unwrap_or_default().to_owned())
}

/// Reads what is kept, or what a caller has put into a secret. Members that are not known here are let be.
pub(super) fn read<T: SecretPayloadType>(
    text: &SecretString,
    partition: Partition,
) -> Result<T, Vec<InvalidPayload>> {
    let mut fields = PayloadFields::read(text, T::FIELDS)?;
    let contents = T::read(&mut fields, partition);
    fields.finish(contents)
}
