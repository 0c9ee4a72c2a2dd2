//! Reads credentials. A request contains credentials, or names a secret of Secrets Manager that
//! contains credentials.

use gangway_certificates::CaChain;
use gangway_model::{
    AccessKey, AccessKeyId, AccessPortalCredential, ClientTlsIdentity, Partition, PolicyArn,
    PortalName, PortalRole, RolePrefix, SecretAccessKey, SecretSource,
};

use crate::Fields;

/// The field with the ARN of a secret in Secrets Manager.
const SECRET_ARN: &str = "secretArn";

/// The names by which the access portal knows an account and its role.
#[derive(Debug)]
pub struct PortalAccess {
    agency: PortalName,
    account: PortalName,
    role: PortalRole,
    prefix: RolePrefix,
    permission_boundary: Option<PolicyArn>,
}

impl PortalAccess {
    /// Returns the credential for the access portal. The member `session` is `None`, because the
    /// portal has not given temporary credentials yet.
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
    /// Reads the ARN in `secretArn`, or reads the credentials in the request with `read_inline`. If
    /// `secretArn` is present, the fields `inline` must be left out.
    pub fn read_secret_or_inline<T>(
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

    /// Reads the access key of an IAM user. In the classified partitions, `certificateAuthority`
    /// (CA certificates) is required, too.
    pub fn access_key(&mut self, deployed: Partition) -> Option<SecretSource<AccessKey>> {
        let is_classified = deployed.info().portal.is_some();
        let inline: &[_] = if is_classified {
            &["accessKeyId", "secretAccessKey", "certificateAuthority"]
        } else {
            &["accessKeyId", "secretAccessKey"]
        };
        self.read_secret_or_inline(deployed, inline, |fields| {
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
        // `Fields::partition` rejects a partition without a portal. Reading the fields here gives
        // their errors in the same response.
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

    /// Reads the client certificate for the access portal, the private key of the certificate, and
    /// the portal's CA certificates.
    pub fn client_tls_identity(
        &mut self,
        deployed: Partition,
    ) -> Option<SecretSource<ClientTlsIdentity>> {
        let inline = ["certificateAuthority", "userCertificate", "userKey"];
        self.read_secret_or_inline(deployed, &inline, |fields| {
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
