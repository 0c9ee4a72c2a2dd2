//! Serializes and parses the content of a secret: a JSON object whose members are strings.

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

/// The serialized content of a secret, ready to be stored.
pub(super) struct SecretPayload {
    /// JSON text. It is zeroized on drop, but copies that the SDK makes are not zeroized.
    pub(super) text: Zeroizing<String>,
    /// SHA-256 of the text. It is used as the version id (`ClientRequestToken`), so the same
    /// content has the same version id.
    pub(super) version: String,
}

/// Value of a member to serialize.
enum MemberValue<'a> {
    Plain(&'a str),
    Secret(&'a SecretString),
}

impl SecretPayload {
    /// Serializes the members of a credential that belong in a secret. Returns `None` if the
    /// credential has no such members.
    pub(super) fn from_credential(credential: &Credential, partition: Partition) -> Option<Self> {
        use MemberValue::{Plain, Secret};
        let mut members = Vec::new();
        match credential {
            Credential::AccessKey(keys) => {
                members.push(("accessKeyId", Plain(keys.id.as_str())));
                members.push(("secretAccessKey", Secret(keys.secret.secret())));
                let ca_chain = keys.certificate_authority.as_ref();
                members.extend(ca_chain.map(|chain| ("certificateAuthority", Plain(chain.pem()))));
            }
            Credential::AccessPortal(portal) => {
                let account = partition.info().portal.as_ref().map(|portal| portal.account);
                members.push(("agency", Plain(portal.agency.as_str())));
                members.extend(account.map(|name| (name, Plain(portal.account.as_str()))));
                members.push(("role", Plain(portal.role.as_str())));
                let ClientTlsIdentity { certificate_authority, certificate, key } =
                    &portal.identity;
                members.push(("certificateAuthority", Plain(certificate_authority.pem())));
                members.push(("userCertificate", Plain(certificate.pem())));
                members.push(("userKey", Secret(key.pem())));
            }
            Credential::StsRole(_) | Credential::PodIdentity(_) => return None,
        }
        Some(Self::serialize(&members))
    }

    fn serialize(members: &[(&'static str, MemberValue<'_>)]) -> Self {
        let values: Vec<_> = members
            .iter()
            .map(|(_, value)| match value {
                MemberValue::Plain(text) => to_json_string(text),
                MemberValue::Secret(secret) => {
                    #[expect(
                        clippy::disallowed_methods,
                        reason = "it is written to Secrets Manager"
                    )]
                    let text = secret.expose_secret();
                    to_json_string(text)
                }
            })
            .collect();
        // The capacity is large enough, because a string that grows leaves copies of the secret in
        // memory.
        let capacity: usize = values.iter().map(|text| text.len() + 32).sum();
        let mut text = Zeroizing::new(String::with_capacity(capacity + 2));
        let mut separator = "{\"";
        for ((name, _), value) in members.iter().zip(&values) {
            text.extend([separator, *name, "\":", value.as_str()]);
            separator = ",\"";
        }
        text.push('}');
        let version = hex::encode(Sha256::digest(text.as_bytes()));
        Self { text, version }
    }
}

/// Returns the text as a JSON string, with quotes and escapes.
fn to_json_string(text: &str) -> Zeroizing<String> {
    let mut json = Zeroizing::new(Vec::with_capacity(text.len() * 2 + 2));
    // Serializing a string cannot fail.
    let _infallible = serde_json::to_writer(&mut *json, text);
    Zeroizing::new(str::from_utf8(&json).unwrap_or_default().to_owned())
}

/// Parses the content of a secret that Gangway or a caller has written. Ignores unknown members.
pub(super) fn parse<T: SecretPayloadType>(
    text: &SecretString,
    partition: Partition,
) -> Result<T, Vec<InvalidPayload>> {
    let mut fields = PayloadFields::parse(text, T::FIELDS)?;
    let contents = T::read_members(&mut fields, partition);
    fields.finish(contents)
}
