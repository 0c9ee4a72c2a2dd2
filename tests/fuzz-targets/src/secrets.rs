//! Values of incoming secrets, which users write.

use gangway_model::Partition;

use crate::assert_no_leak;

/// Parses an incoming secret, in AWS and in a classified partition.
pub(crate) fn parse_secret(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for partition in [Partition::Aws, Partition::AwsIsoB] {
        for message in gangway_aws::fuzzing::error_messages(&text, partition) {
            assert_no_leak(&message);
            assert!(message.len() < 2000, "{} bytes long", message.len());
        }
    }
}
