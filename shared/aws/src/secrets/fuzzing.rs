//! Entry points for the fuzz targets.

use gangway_model::{AccessKey, ClientTlsIdentity, Partition};
use secrecy::SecretString;

use super::{SecretPayloadType, payload};

/// Parses the text as the secret of each method, and returns all error messages.
pub fn error_messages(text: &str, partition: Partition) -> Vec<String> {
    let secret = SecretString::from(text);
    [
        parse_errors::<AccessKey>(&secret, partition),
        parse_errors::<ClientTlsIdentity>(&secret, partition),
    ]
    .concat()
}

fn parse_errors<T: SecretPayloadType>(secret: &SecretString, partition: Partition) -> Vec<String> {
    let errors = payload::parse::<T>(secret, partition).err().unwrap_or_default();
    errors.iter().map(|error| format!("{error} {error:?}")).collect()
}
