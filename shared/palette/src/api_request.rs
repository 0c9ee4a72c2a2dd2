//! A request to Palette that can be sent repeatedly.

use bytes::Bytes;
use gangway_model::{AccessPortalCredential, Credential, TemporaryCredentials, UpstreamError};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::invalid_response;

/// Initial capacity: larger than any body, because a buffer that grows leaves copies behind that
/// are not zeroized.
const BODY_CAPACITY: usize = 96 * 1024;

/// A request to Palette.
pub(crate) struct ApiRequest {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    /// Zeroized when the last copy is dropped.
    pub(crate) body: Option<Bytes>,
    /// Secrets in the body, to be redacted from error messages, which may quote them.
    pub(crate) secrets: Vec<SecretString>,
    /// `true` if the request may be sent again if its outcome is unknown.
    pub(crate) idempotent: bool,
}

impl ApiRequest {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            secrets: Vec::new(),
            idempotent: true,
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Sets the body, which may contain a credential.
    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Self, UpstreamError> {
        let mut buffer = Zeroizing::new(Vec::with_capacity(BODY_CAPACITY));
        serde_json::to_writer(&mut *buffer, body).map_err(|error| invalid_response(&error))?;
        self.body = Some(Bytes::from_owner(buffer));
        Ok(self)
    }

    /// Redacts the secrets of `credential` from error messages.
    pub(crate) fn redacting(mut self, credential: &Credential) -> Self {
        match credential {
            Credential::AccessKey(keys) => {
                self.secrets.push(SecretString::from(keys.id.as_str()));
                self.secrets.push(keys.secret.secret().clone());
            }
            Credential::AccessPortal(portal) => return self.redacting_portal(portal),
            Credential::StsRole(_) | Credential::PodIdentity(_) => {}
        }
        self
    }

    /// Redacts the secrets of `portal` from error messages, the private key as a whole and each of
    /// its lines: messages may escape line breaks.
    pub(crate) fn redacting_portal(mut self, portal: &AccessPortalCredential) -> Self {
        if let Some(TemporaryCredentials { id, secret, token, .. }) = &portal.session {
            self.secrets.push(SecretString::from(id.as_str()));
            self.secrets.push(secret.clone());
            self.secrets.extend(token.clone());
        }
        #[expect(clippy::disallowed_methods, reason = "each line is wrapped again")]
        let lines = portal.identity.key.pem().expose_secret().lines();
        self.secrets.push(portal.identity.key.pem().clone());
        self.secrets.extend(lines.filter(|line| !line.starts_with('-')).map(SecretString::from));
        self
    }

    /// Marks the request as not idempotent: it is sent again only after HTTP 429.
    pub(crate) fn not_idempotent(mut self) -> Self {
        self.idempotent = false;
        self
    }
}
