//! Entry points for the fuzz targets.

use gangway_model::{AccessKey, ClientTlsIdentity, Partition};
use secrecy::SecretString;

use super::{SecretPayloadType, payload};

/// Returns every error of a secret with this text, for the contents of each method.
pub fn error_messages(text: &str, partition: Partition) -> Vec<String> {
    let secret = SecretString::from(text);
    [faults::<AccessKey>(&secret, partition), faults::<ClientTlsIdentity>(&secret, partition)]
        .concat()
}

fn faults<T: SecretPayloadType>(secret: &SecretString, partition: Partition) -> Vec<String> {
    let faults = payload::read::<T>(secret, partition).err().unwrap_or_default();
    faults.iter().map(|fault| format!("{fault} {fault:?}")).collect()
}
