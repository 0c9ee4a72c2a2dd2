//! Messages of Control Tower, Organizations, Account Factory for Terraform and topics.

use domain::Partition;

use crate::assert_silent;

/// A message of the queue, as deployments of both kinds of partition read it.
pub(crate) fn vended(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        match account_vended::subject(&text, partition) {
            Ok(Some(account)) => {
                assert!(text.contains(account.as_str()) || text.contains("\\u"), "from nowhere");
            }
            Ok(None) => {}
            Err(told) => assert_silent(&told),
        }
    }
}
