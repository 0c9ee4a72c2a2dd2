//! Members that are secret, or the secret that holds them.

use gangway_certificates::CaChain;
use gangway_model::{AccessKey, AccessKeyId, Partition, SecretAccessKey, SecretSource};

use crate::JsonFields;

/// The member that names a secret.
const ARN: &str = "secretArn";

impl JsonFields {
    /// What is secret: read from the members, or in the secret that `secretArn` names. What that holds must be left out.
    pub fn secret_or_inline<T>(
        &mut self,
        deployed: Partition,
        held: &[&'static str],
        inline: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<SecretSource<T>> {
        if !self.has(ARN) {
            return inline(self).map(SecretSource::Inline);
        }
        for member in held {
            self.is_excluded(
                member,
                "must be left out where secretArn is given: the secret holds it",
            );
        }
        self.secret_arn(ARN, deployed).map(SecretSource::SecretsManager)
    }

    /// The keys of an IAM user, and in partitions behind private authorities the certificates of those (S07).
    pub fn access_key(&mut self, deployed: Partition) -> Option<SecretSource<AccessKey>> {
        let enclave = deployed.info().portal.is_some();
        let held: &[_] = if enclave {
            &["accessKeyId", "secretAccessKey", "certificateAuthority"]
        } else {
            &["accessKeyId", "secretAccessKey"]
        };
        self.secret_or_inline(deployed, held, |members| {
            let id = members.required::<AccessKeyId>("accessKeyId");
            let secret = members.secret::<SecretAccessKey>("secretAccessKey");
            let authority = enclave.then(|| members.required::<CaChain>("certificateAuthority"));
            let certificate_authority = match authority {
                Some(given) => Some(given?),
                None => None,
            };
            Some(AccessKey { id: id?, secret: secret?, certificate_authority })
        })
    }
}
