use crate::SecretArn;

/// Where the secret part of a request is.
#[derive(Debug)]
pub enum SecretSource<T> {
    /// In the request itself.
    Inline(T),
    /// In a secret of Secrets Manager, so that it does not pass through the client.
    SecretsManager(SecretArn),
}
