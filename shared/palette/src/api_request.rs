//! Request to Palette that can be sent several times.

use bytes::Bytes;
use gangway_model::{AccessPortalCredential, Credential, TemporaryCredentials, UpstreamError};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::invalid_response;

/// Initial capacity of the buffer of a body, in bytes. It is larger than any body, because a buffer
/// that grows leaves copies in memory that are not zeroized.
const BODY_CAPACITY: usize = 96 * 1024;

/// Request to Palette, without the API key and the scope.
pub(crate) struct ApiRequest {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    /// Body of the request. It is zeroized when the last clone is dropped.
    pub(crate) body: Option<Bytes>,
    /// Secrets in the body. They are redacted from error messages, because Palette may quote them.
    pub(crate) secrets: Vec<SecretString>,
    /// `true` if the request may be sent again after an attempt with an unknown result.
    pub(crate) is_idempotent: bool,
}

impl ApiRequest {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            secrets: Vec::new(),
            is_idempotent: true,
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn with_query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Sets the body, serialized as JSON. The body may contain a credential.
    pub(crate) fn with_json_body(mut self, body: &impl Serialize) -> Result<Self, UpstreamError> {
        let mut buffer = Zeroizing::new(Vec::with_capacity(BODY_CAPACITY));
        serde_json::to_writer(&mut *buffer, body).map_err(|error| invalid_response(&error))?;
        self.body = Some(Bytes::from_owner(buffer));
        Ok(self)
    }

    /// Redacts the secrets of `credential` from error messages.
    pub(crate) fn with_redacted_credential(mut self, credential: &Credential) -> Self {
        match credential {
            Credential::AccessKey(access_key) => {
                self.secrets.push(SecretString::from(access_key.id.as_str()));
                self.secrets.push(access_key.secret.secret().clone());
            }
            Credential::AccessPortal(portal) => return self.with_redacted_portal(portal),
            Credential::StsRole(_) | Credential::PodIdentity(_) => {}
        }
        self
    }

    /// Redacts the secrets of `portal` from error messages. Redacts also each line of the private
    /// key, because a message may escape the line breaks.
    pub(crate) fn with_redacted_portal(mut self, portal: &AccessPortalCredential) -> Self {
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

    /// Marks the request as not idempotent. Such a request is sent again only after HTTP 429.
    pub(crate) fn without_retries_after_failures(mut self) -> Self {
        self.is_idempotent = false;
        self
    }
}
