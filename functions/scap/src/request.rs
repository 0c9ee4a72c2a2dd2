//! Parses the request.

use gangway_aws::SecretsManagerStore;
use gangway_lambda::{ApiError, Fields};
use gangway_model::{
    AccessPortalCredential, AccountSpec, AuthMethod, ClientTlsIdentity, Operation, Partition,
    PolicyArn, PortalName, PortalRole, RegistrationError, RolePrefix, Scope, SecretSource,
};

/// A request to register or validate an account.
pub(crate) struct ScapRequest<I> {
    pub(crate) account: AccountSpec,
    portal: PortalRequest,
    /// The client certificate and its key, or the secret that contains them.
    identity: I,
}

/// The account as the access portal identifies it.
struct PortalRequest {
    agency: PortalName,
    account: PortalName,
    role: PortalRole,
    prefix: RolePrefix,
    permission_boundary: Option<PolicyArn>,
}

/// The fields that a secret may contain instead.
const SECRET_FIELDS: [&str; 3] = ["certificateAuthority", "userCertificate", "userKey"];

impl ScapRequest<SecretSource<ClientTlsIdentity>> {
    /// Parses the fields of a request. Returns every error at once.
    pub(crate) fn parse(mut fields: Fields, deployed: Partition) -> Result<Self, ApiError> {
        let account = fields.account_spec(deployed, AuthMethod::Scap, false);
        let portal = PortalRequest::parse(&mut fields, deployed);
        let identity = fields.secret_or_inline(deployed, &SECRET_FIELDS, |fields| {
            let certificate_authority = fields.required("certificateAuthority");
            let certificate = fields.required("userCertificate");
            let key = fields.secret("userKey");
            Some(ClientTlsIdentity {
                certificate_authority: certificate_authority?,
                certificate: certificate?,
                key: key?,
            })
        });
        let parsed = account.zip(portal).zip(identity);
        fields.finish(parsed.map(|((account, portal), identity)| Self {
            account,
            portal,
            identity,
        }))
    }

    /// Reads the certificates from the secret that the request names, if it names one.
    pub(crate) async fn resolve_secrets(
        self,
        secrets: &SecretsManagerStore,
        scope: &Scope,
        operation: &Operation,
    ) -> Result<ScapRequest<ClientTlsIdentity>, RegistrationError> {
        let Self { mut account, portal, identity } = self;
        let resolved = secrets.resolve_source(identity, &account.scope, scope, operation).await?;
        account.incoming_secret = resolved.incoming_secret;
        Ok(ScapRequest { account, portal, identity: resolved.credential })
    }
}

impl PortalRequest {
    fn parse(fields: &mut Fields, deployed: Partition) -> Option<Self> {
        // A partition without a portal is rejected elsewhere; the fields are read all the same.
        let account_field = deployed.info().portal.as_ref().map_or("accountName", |it| it.account);
        let agency = fields.required("agency");
        let account = fields.required(account_field);
        let role = fields.required("role");
        let prefix = fields.optional("rolePrefix").unwrap_or_default();
        let permission_boundary = fields.optional_policy_arn("permissionBoundaryArn", deployed);
        Some(Self { agency: agency?, account: account?, role: role?, prefix, permission_boundary })
    }
}

impl ScapRequest<ClientTlsIdentity> {
    /// Returns the account and the credential.
    pub(crate) fn into_parts(self) -> (AccountSpec, AccessPortalCredential) {
        let Self { account: spec, portal, identity } = self;
        let PortalRequest { agency, account, role, prefix, permission_boundary } = portal;
        let session = None;
        let credential = AccessPortalCredential {
            agency,
            account,
            role,
            prefix,
            permission_boundary,
            identity,
            session,
        };
        (spec, credential)
    }
}
