use crate::SecretArn;

/// Where the secret part of a request comes from: the request, or a secret in Secrets Manager.
#[derive(Debug)]
pub enum SecretSource<T> {
    /// The request contains the secret part.
    Inline(T),
    /// The request names an incoming secret that contains the secret part, so that the client does
    /// not handle it.
    SecretsManager(SecretArn),
}
