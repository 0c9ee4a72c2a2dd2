//! Parses requests of the method `scap`.

use gangway_aws::SecretsManagerStore;
use gangway_lambda::{ApiError, Fields, PortalAccess};
use gangway_model::{
    AccessPortalCredential, AccountSpec, AuthMethod, ClientTlsIdentity, Operation, Partition,
    RegistrationError, Scope, SecretSource,
};

/// A request to register or validate an account. `I` is the type of the client certificate, or of
/// its source.
pub(crate) struct ScapRequest<I> {
    pub(crate) account: AccountSpec,
    portal: PortalAccess,
    /// The client certificate and its private key, or the secret that contains both.
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

    /// If the request names a secret, reads the client certificate from this secret.
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
    /// Returns the account and the credential for the access portal.
    pub(crate) fn into_parts(self) -> (AccountSpec, AccessPortalCredential) {
        let Self { account, portal, identity } = self;
        (account, portal.into_credential(identity))
    }
}
