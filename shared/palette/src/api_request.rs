//! A call to Palette, ready to be sent as often as it needs.

use bytes::Bytes;
use gangway_model::{AccessPortalCredential, Credential, TemporaryCredentials, UpstreamError};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::invalid_response;

/// Room for any body that Gangway sends, so that none is copied to and fro while it is written.
const BODY: usize = 96 * 1024;

/// What to ask of Palette.
pub(crate) struct ApiRequest {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    /// Wiped when the last copy goes.
    pub(crate) body: Option<Bytes>,
    /// Secrets in the body: Palette may repeat them in its errors.
    pub(crate) told: Vec<SecretString>,
    /// Whether it may be sent again when nobody knows what became of it.
    pub(crate) repeatable: bool,
}

impl ApiRequest {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        let (query, told) = (Vec::new(), Vec::new());
        Self { method, path: path.into(), query, body: None, told, repeatable: true }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// With this body, which may hold the credential.
    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Self, UpstreamError> {
        let mut buffer = Zeroizing::new(Vec::with_capacity(BODY));
        serde_json::to_writer(&mut *buffer, body).map_err(|error| invalid_response(&error))?;
        self.body = Some(Bytes::from_owner(buffer));
        Ok(self)
    }

    /// Tells what of the credential must not come back.
    pub(crate) fn redacting(mut self, credential: &Credential) -> Self {
        match credential {
            Credential::AccessKey(keys) => {
                self.told.push(SecretString::from(keys.id.as_str()));
                self.told.push(keys.secret.secret().clone());
            }
            Credential::AccessPortal(portal) => return self.redacting_portal(portal),
            Credential::AssumedRole(_) | Credential::PodIdentity(_) => {}
        }
        self
    }

    /// Tells the same of what a portal is asked with. A key may come back whole, escaped, or line by line.
    pub(crate) fn redacting_portal(mut self, portal: &AccessPortalCredential) -> Self {
        if let Some(TemporaryCredentials { id, secret, token, .. }) = &portal.session {
            self.told.push(SecretString::from(id.as_str()));
            self.told.push(secret.clone());
            self.told.extend(token.clone());
        }
        #[expect(clippy::disallowed_methods, reason = "each line is wrapped again")]
        let lines = portal.identity.key.pem().expose_secret().lines();
        self.told.push(portal.identity.key.pem().clone());
        self.told.extend(lines.filter(|line| !line.starts_with('-')).map(SecretString::from));
        self
    }

    /// Sent again only when Palette says that it did nothing.
    pub(crate) fn not_idempotent(mut self) -> Self {
        self.repeatable = false;
        self
    }
}
