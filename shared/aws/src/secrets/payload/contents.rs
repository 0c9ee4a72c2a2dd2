//! The contents of secrets, by method.

use gangway_certificates::CaChain;
use gangway_model::{AccessKey, AccessKeyId, ClientTlsIdentity, Partition, SecretAccessKey};

use super::PayloadFields;

/// The content of a secret.
pub trait SecretPayloadType: Sized {
    /// Names of the members, for error messages.
    const FIELDS: &'static str;

    /// Reads the members. Returns `None` after it has recorded an error.
    fn read(fields: &mut PayloadFields, partition: Partition) -> Option<Self>;
}

impl SecretPayloadType for AccessKey {
    const FIELDS: &'static str = "accessKeyId and secretAccessKey";

    fn read(fields: &mut PayloadFields, partition: Partition) -> Option<Self> {
        let id = fields.text::<AccessKeyId>("accessKeyId");
        let secret = fields.secret::<SecretAccessKey>("secretAccessKey");
        // The endpoints of classified partitions have certificates of private CAs, so keys are of
        // no use without the CA certificates.
        let is_classified = partition.is_classified();
        let ca_chain = is_classified.then(|| fields.text::<CaChain>("certificateAuthority"));
        let certificate_authority = match ca_chain {
            Some(ca_chain) => Some(ca_chain?),
            None => None,
        };
        Some(Self { id: id?, secret: secret?, certificate_authority })
    }
}

impl SecretPayloadType for ClientTlsIdentity {
    const FIELDS: &'static str = "certificateAuthority, userCertificate and userKey";

    fn read(fields: &mut PayloadFields, _partition: Partition) -> Option<Self> {
        let certificate_authority = fields.text("certificateAuthority");
        let certificate = fields.text("userCertificate");
        let key = fields.secret("userKey");
        Some(Self {
            certificate_authority: certificate_authority?,
            certificate: certificate?,
            key: key?,
        })
    }
}
