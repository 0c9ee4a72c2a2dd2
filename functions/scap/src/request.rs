//! The request, as a caller writes it.

use gangway_aws::SecretsManagerStore;
use gangway_lambda::{ApiError, JsonFields};
use gangway_model::{
    AccessPortalCredential, AccountSpec, AuthMethod, ClientTlsIdentity, Partition, PolicyArn,
    PortalName, PortalRole, RegistrationError, RolePrefix, Scope, SecretSource,
};

/// What the caller asks for.
pub(crate) struct ScapRequest<I> {
    /// What every method asks.
    pub(crate) settings: AccountSpec,
    /// What the portal is asked for.
    wanted: PortalRequest,
    /// The certificates, or where they are.
    identity: I,
}

/// The account, as the portal knows it.
struct PortalRequest {
    agency: PortalName,
    account: PortalName,
    role: PortalRole,
    prefix: RolePrefix,
    permission_boundary: Option<PolicyArn>,
}

/// The members that a secret may hold instead.
const SECRET_FIELDS: [&str; 3] = ["certificateAuthority", "userCertificate", "userKey"];

impl ScapRequest<SecretSource<ClientTlsIdentity>> {
    /// Every member parsed, or every fault of them.
    pub(crate) fn parse(mut members: JsonFields, deployed: Partition) -> Result<Self, ApiError> {
        let settings = members.account_spec(deployed, AuthMethod::Scap, false);
        let wanted = PortalRequest::read(&mut members, deployed);
        let identity = members.secret_or_inline(deployed, &SECRET_FIELDS, |members| {
            let certificate_authority = members.required("certificateAuthority");
            let certificate = members.required("userCertificate");
            let key = members.secret("userKey");
            Some(ClientTlsIdentity {
                certificate_authority: certificate_authority?,
                certificate: certificate?,
                key: key?,
            })
        });
        members.finish()?;
        match (settings, wanted, identity) {
            (Some(settings), Some(wanted), Some(identity)) => {
                Ok(Self { settings, wanted, identity })
            }
            _ => Err(ApiError::incomplete()),
        }
    }

    /// The same with the certificates at hand.
    pub(crate) async fn resolve_secrets(
        self,
        vault: &SecretsManagerStore,
        scope: &Scope,
    ) -> Result<ScapRequest<ClientTlsIdentity>, RegistrationError> {
        let Self { settings, wanted, identity } = self;
        let identity = vault.resolve_source(identity, Some((&settings.name, scope))).await?;
        Ok(ScapRequest { settings, wanted, identity })
    }
}

impl PortalRequest {
    fn read(members: &mut JsonFields, deployed: Partition) -> Option<Self> {
        // A partition without a portal is refused as such; what it would be asked for is still read.
        let account_member = deployed.info().portal.as_ref().map_or("accountName", |it| it.account);
        let agency = members.required("agency");
        let account = members.required(account_member);
        let role = members.required("role");
        let prefix = members.optional("rolePrefix").unwrap_or_default();
        let permission_boundary = members.optional_policy_arn("permissionBoundaryArn", deployed);
        Some(Self { agency: agency?, account: account?, role: role?, prefix, permission_boundary })
    }
}

impl ScapRequest<ClientTlsIdentity> {
    /// What every method asks, and what this one does.
    pub(crate) fn into_parts(self) -> (AccountSpec, AccessPortalCredential) {
        let Self { settings, wanted, identity } = self;
        let PortalRequest { agency, account, role, prefix, permission_boundary } = wanted;
        let session = None;
        let portal = AccessPortalCredential {
            agency,
            account,
            role,
            prefix,
            permission_boundary,
            identity,
            session,
        };
        (settings, portal)
    }
}
