//! What is made of secrets that others have written, for tests that put any text into them.

use gangway_model::{ClientIdentity, Partition, StaticKeys};
use secrecy::SecretString;

use super::{Contents, document};

/// Every fault that a secret with this text has, whichever method's it is to be.
pub fn told(text: &str, partition: Partition) -> Vec<String> {
    let secret = SecretString::from(text);
    [faults::<StaticKeys>(&secret, partition), faults::<ClientIdentity>(&secret, partition)]
        .concat()
}

fn faults<T: Contents>(secret: &SecretString, partition: Partition) -> Vec<String> {
    let faults = document::read::<T>(secret, partition).err().unwrap_or_default();
    faults.iter().map(|fault| format!("{fault} {fault:?}")).collect()
}
