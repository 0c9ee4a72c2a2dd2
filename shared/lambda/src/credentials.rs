//! Members that are secret, or the secret that holds them.

use gangway_certificates::CaChain;
use gangway_model::{AccessKeyId, Partition, SecretKey, Source, StaticKeys};

use crate::Members;

/// The member that names a secret.
const ARN: &str = "secretArn";

impl Members {
    /// What is secret: read from the members, or in the secret that `secretArn` names. What that holds must be left out.
    pub fn source<T>(
        &mut self,
        deployed: Partition,
        held: &[&'static str],
        inline: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<Source<T>> {
        if !self.has(ARN) {
            return inline(self).map(Source::Inline);
        }
        for member in held {
            self.excluded(member, "must be left out where secretArn is given: the secret holds it");
        }
        self.secret_arn(ARN, deployed).map(Source::InVault)
    }

    /// The keys of an IAM user, and in partitions behind private authorities the certificates of those (S07).
    pub fn static_keys(&mut self, deployed: Partition) -> Option<Source<StaticKeys>> {
        let enclave = deployed.facts().portal.is_some();
        let held: &[_] = if enclave {
            &["accessKeyId", "secretAccessKey", "certificateAuthority"]
        } else {
            &["accessKeyId", "secretAccessKey"]
        };
        self.source(deployed, held, |members| {
            let id = members.required::<AccessKeyId>("accessKeyId");
            let secret = members.secret::<SecretKey>("secretAccessKey");
            let authority = enclave.then(|| members.required::<CaChain>("certificateAuthority"));
            let certificate_authority = match authority {
                Some(given) => Some(given?),
                None => None,
            };
            Some(StaticKeys { id: id?, secret: secret?, certificate_authority })
        })
    }
}
