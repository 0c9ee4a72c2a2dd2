//! What is made of secrets that others have written, for tests that put any text into them.

use gangway_model::{AccessKey, ClientTlsIdentity, Partition};
use secrecy::SecretString;

use super::{SecretPayloadType, payload};

/// Every fault that a secret with this text has, whichever method's it is to be.
pub fn error_messages(text: &str, partition: Partition) -> Vec<String> {
    let secret = SecretString::from(text);
    [faults::<AccessKey>(&secret, partition), faults::<ClientTlsIdentity>(&secret, partition)]
        .concat()
}

fn faults<T: SecretPayloadType>(secret: &SecretString, partition: Partition) -> Vec<String> {
    let faults = payload::read::<T>(secret, partition).err().unwrap_or_default();
    faults.iter().map(|fault| format!("{fault} {fault:?}")).collect()
}
