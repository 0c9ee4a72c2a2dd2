//! Where a caller's secrets are.

use crate::SecretArn;

/// What is secret of a request, as it may come.
#[derive(Debug)]
pub enum SecretSource<T> {
    /// In the request.
    Inline(T),
    /// In a secret, so that it need not pass through a portal.
    SecretsManager(SecretArn),
}
