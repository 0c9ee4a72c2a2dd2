//! Entry points for the fuzz targets.

use gangway_model::{AccessKey, ClientTlsIdentity, Partition};
use secrecy::SecretString;

use super::{SecretPayloadType, payload};

/// Returns every error of a secret with this text, for the contents of each method.
pub fn error_messages(text: &str, partition: Partition) -> Vec<String> {
    let secret = SecretString::from(text);
    [errors_of::<AccessKey>(&secret, partition), errors_of::<ClientTlsIdentity>(&secret, partition)]
        .concat()
}

fn errors_of<T: SecretPayloadType>(secret: &SecretString, partition: Partition) -> Vec<String> {
    let errors = payload::parse::<T>(secret, partition).err().unwrap_or_default();
    errors.iter().map(|error| format!("{error} {error:?}")).collect()
}
