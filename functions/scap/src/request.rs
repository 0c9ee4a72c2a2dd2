//! Parses the request.

use gangway_aws::SecretsManagerStore;
use gangway_lambda::{ApiError, Fields, PortalAccess};
use gangway_model::{
    AccessPortalCredential, AccountSpec, AuthMethod, ClientTlsIdentity, Operation, Partition,
    RegistrationError, Scope, SecretSource,
};

/// A request to register or validate an account.
pub(crate) struct ScapRequest<I> {
    pub(crate) account: AccountSpec,
    portal: PortalAccess,
    /// The client certificate and its key, or the secret that contains them.
    identity: I,
}

impl ScapRequest<SecretSource<ClientTlsIdentity>> {
    /// Parses the fields of a request. Returns every error at once.
    pub(crate) fn parse(mut fields: Fields, deployed: Partition) -> Result<Self, ApiError> {
        let account = fields.account_spec(deployed, AuthMethod::Scap, false);
        let portal = fields.portal_access(deployed);
        let identity = fields.client_tls_identity(deployed);
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

impl ScapRequest<ClientTlsIdentity> {
    /// Returns the account and the credential.
    pub(crate) fn into_parts(self) -> (AccountSpec, AccessPortalCredential) {
        let Self { account, portal, identity } = self;
        (account, portal.into_credential(identity))
    }
}
