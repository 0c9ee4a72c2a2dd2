//! Types of the content of a secret: one for each method that stores a secret.

use gangway_certificates::CaChain;
use gangway_model::{AccessKey, AccessKeyId, ClientTlsIdentity, Partition, SecretAccessKey};

use super::PayloadFields;

/// Type that can be read from the members of a secret.
pub trait SecretPayloadType: Sized {
    /// Names of the required members, for error messages.
    const FIELDS: &'static str;

    /// Reads the members. If a member is missing or invalid, records the error in `fields` and
    /// returns `None`.
    fn read_members(fields: &mut PayloadFields, partition: Partition) -> Option<Self>;
}

impl SecretPayloadType for AccessKey {
    const FIELDS: &'static str = "accessKeyId and secretAccessKey";

    fn read_members(fields: &mut PayloadFields, partition: Partition) -> Option<Self> {
        let id = fields.parse_text::<AccessKeyId>("accessKeyId");
        let secret = fields.parse_secret::<SecretAccessKey>("secretAccessKey");
        // The endpoints of classified partitions have certificates of private CAs, so an access key
        // cannot be used without the CA certificates.
        let is_classified = partition.is_classified();
        let ca_chain = is_classified.then(|| fields.parse_text::<CaChain>("certificateAuthority"));
        let certificate_authority = match ca_chain {
            Some(ca_chain) => Some(ca_chain?),
            None => None,
        };
        Some(Self { id: id?, secret: secret?, certificate_authority })
    }
}

impl SecretPayloadType for ClientTlsIdentity {
    const FIELDS: &'static str = "certificateAuthority, userCertificate and userKey";

    fn read_members(fields: &mut PayloadFields, _partition: Partition) -> Option<Self> {
        let certificate_authority = fields.parse_text("certificateAuthority");
        let certificate = fields.parse_text("userCertificate");
        let key = fields.parse_secret("userKey");
        Some(Self {
            certificate_authority: certificate_authority?,
            certificate: certificate?,
            key: key?,
        })
    }
}
