//! The request, as a caller writes it.

use gangway_aws::SecretsManager;
use gangway_lambda::{Members, Rejection};
use gangway_model::{
    AccessPortal, ClientIdentity, Failure, Method, Partition, PolicyArn, PortalName, PortalRole,
    RolePrefix, Scope, Settings, Source,
};

/// What the caller asks for.
pub(crate) struct Wish<I> {
    /// What every method asks.
    pub(crate) settings: Settings,
    /// What the portal is asked for.
    wanted: Wanted,
    /// The certificates, or where they are.
    identity: I,
}

/// The account, as the portal knows it.
struct Wanted {
    agency: PortalName,
    account: PortalName,
    role: PortalRole,
    prefix: RolePrefix,
    permission_boundary: Option<PolicyArn>,
}

/// The members that a secret may hold instead.
const HELD: [&str; 3] = ["certificateAuthority", "userCertificate", "userKey"];

impl Wish<Source<ClientIdentity>> {
    /// Every member parsed, or every fault of them.
    pub(crate) fn read(mut members: Members, deployed: Partition) -> Result<Self, Rejection> {
        let settings = members.settings(deployed, Method::Scap, false);
        let wanted = Wanted::read(&mut members, deployed);
        let identity = members.source(deployed, &HELD, |members| {
            let certificate_authority = members.required("certificateAuthority");
            let certificate = members.required("userCertificate");
            let key = members.secret("userKey");
            Some(ClientIdentity {
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
            _ => Err(Rejection::incomplete()),
        }
    }

    /// The same with the certificates at hand.
    pub(crate) async fn opened(
        self,
        vault: &SecretsManager,
        scope: &Scope,
    ) -> Result<Wish<ClientIdentity>, Failure> {
        let Self { settings, wanted, identity } = self;
        let identity = vault.opened(identity, Some((&settings.name, scope))).await?;
        Ok(Wish { settings, wanted, identity })
    }
}

impl Wanted {
    fn read(members: &mut Members, deployed: Partition) -> Option<Self> {
        // A partition without a portal is refused as such; what it would be asked for is still read.
        let account_member =
            deployed.facts().portal.as_ref().map_or("accountName", |it| it.account);
        let agency = members.required("agency");
        let account = members.required(account_member);
        let role = members.required("role");
        let prefix = members.optional("rolePrefix").unwrap_or_default();
        let permission_boundary = members.optional_policy_arn("permissionBoundaryArn", deployed);
        Some(Self { agency: agency?, account: account?, role: role?, prefix, permission_boundary })
    }
}

impl Wish<ClientIdentity> {
    /// What every method asks, and what this one does.
    pub(crate) fn parts(self) -> (Settings, AccessPortal) {
        let Self { settings, wanted, identity } = self;
        let Wanted { agency, account, role, prefix, permission_boundary } = wanted;
        let session = None;
        let portal =
            AccessPortal { agency, account, role, prefix, permission_boundary, identity, session };
        (settings, portal)
    }
}
