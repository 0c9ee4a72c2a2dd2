//! Reads secrets, which are in the request itself or in a secret that it names.

use gangway_certificates::CaChain;
use gangway_model::{AccessKey, AccessKeyId, Partition, SecretAccessKey, SecretSource};

use crate::Fields;

/// The field that names a secret of Secrets Manager.
const SECRET_ARN: &str = "secretArn";

impl Fields {
    /// Reads a secret with `read_inline`, or the ARN in `secretArn`. If `secretArn` is present, the
    /// `inline` fields must be left out.
    pub fn secret_or_inline<T>(
        &mut self,
        deployed: Partition,
        inline: &[&'static str],
        read_inline: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<SecretSource<T>> {
        if !self.has(SECRET_ARN) {
            return read_inline(self).map(SecretSource::Inline);
        }
        for name in inline {
            self.forbid(name, "must be left out if secretArn is sent: the secret contains it");
        }
        self.secret_arn(SECRET_ARN, deployed).map(SecretSource::SecretsManager)
    }

    /// Reads the access key of an IAM user. In the classified partitions its CA certificates are
    /// required, too.
    pub fn access_key(&mut self, deployed: Partition) -> Option<SecretSource<AccessKey>> {
        let is_classified = deployed.info().portal.is_some();
        let inline: &[_] = if is_classified {
            &["accessKeyId", "secretAccessKey", "certificateAuthority"]
        } else {
            &["accessKeyId", "secretAccessKey"]
        };
        self.secret_or_inline(deployed, inline, |fields| {
            let id = fields.required::<AccessKeyId>("accessKeyId");
            let secret = fields.secret::<SecretAccessKey>("secretAccessKey");
            let chain = is_classified.then(|| fields.required::<CaChain>("certificateAuthority"));
            let certificate_authority = match chain {
                Some(chain) => Some(chain?),
                None => None,
            };
            Some(AccessKey { id: id?, secret: secret?, certificate_authority })
        })
    }
}
