//! Where a caller's secrets are.

use crate::SecretArn;

/// What is secret of a request, as it may come.
#[derive(Debug)]
pub enum Source<T> {
    /// In the request.
    Inline(T),
    /// In a secret, so that it need not pass through a portal.
    InVault(SecretArn),
}
