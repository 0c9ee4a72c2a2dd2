//! Reads secrets, which are in the request itself or in a secret that it names.

use gangway_certificates::CaChain;
use gangway_model::{
    AccessKey, AccessKeyId, AccessPortalCredential, ClientTlsIdentity, Partition, PolicyArn,
    PortalName, PortalRole, RolePrefix, SecretAccessKey, SecretSource,
};

use crate::Fields;

/// The field that names a secret of Secrets Manager.
const SECRET_ARN: &str = "secretArn";

/// An account as the access portal identifies it.
#[derive(Debug)]
pub struct PortalAccess {
    agency: PortalName,
    account: PortalName,
    role: PortalRole,
    prefix: RolePrefix,
    permission_boundary: Option<PolicyArn>,
}

impl PortalAccess {
    /// Returns the credential, without keys: the portal has not been asked yet.
    pub fn into_credential(self, identity: ClientTlsIdentity) -> AccessPortalCredential {
        let Self { agency, account, role, prefix, permission_boundary } = self;
        AccessPortalCredential {
            agency,
            account,
            role,
            prefix,
            permission_boundary,
            identity,
            session: None,
        }
    }
}

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

    /// Reads the members that identify an account in the access portal.
    pub fn portal_access(&mut self, deployed: Partition) -> Option<PortalAccess> {
        // A partition without a portal is rejected elsewhere; the fields are read all the same.
        let account_field = deployed.info().portal.as_ref().map_or("accountName", |it| it.account);
        let agency = self.required("agency");
        let account = self.required(account_field);
        let role = self.required("role");
        let prefix = self.optional("rolePrefix").unwrap_or_default();
        let permission_boundary = self.optional_policy_arn("permissionBoundaryArn", deployed);
        Some(PortalAccess {
            agency: agency?,
            account: account?,
            role: role?,
            prefix,
            permission_boundary,
        })
    }

    /// Reads the client certificate for the access portal, its key, and the portal's CA certificates.
    pub fn client_tls_identity(
        &mut self,
        deployed: Partition,
    ) -> Option<SecretSource<ClientTlsIdentity>> {
        let inline = ["certificateAuthority", "userCertificate", "userKey"];
        self.secret_or_inline(deployed, &inline, |fields| {
            let certificate_authority = fields.required("certificateAuthority");
            let certificate = fields.required("userCertificate");
            let key = fields.secret("userKey");
            Some(ClientTlsIdentity {
                certificate_authority: certificate_authority?,
                certificate: certificate?,
                key: key?,
            })
        })
    }
}
