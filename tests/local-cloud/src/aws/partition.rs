//! AWS partitions and their regions. Gangway has a table of its own, which is not used here: a test
//! then finds a mistake in one of the two tables.

/// Each partition: its id, the region of IAM, the DNS suffix, and the prefix of the names of its
/// regions. The last row has all other regions.
const PARTITIONS: [(&str, &str, &str, &str); 4] = [
    ("aws-us-gov", "us-gov-west-1", "amazonaws.com", "us-gov-"),
    ("aws-iso", "us-iso-east-1", "c2s.ic.gov", "us-iso-"),
    ("aws-iso-b", "us-isob-east-1", "sc2s.sgov.gov", "us-isob-"),
    ("aws", "us-east-1", "amazonaws.com", ""),
];

/// The regions of all partitions except `aws`.
const OTHER_REGIONS: [&str; 6] = [
    "us-gov-west-1",
    "us-gov-east-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
];

/// Finds the partition of a region. Returns `None` if the region does not exist.
pub(crate) fn find_by_region(region: &str) -> Option<&'static str> {
    let (partition, _, _, _) =
        PARTITIONS.iter().find(|(_, _, _, prefix)| region.starts_with(prefix))?;
    let is_known = if *partition == "aws" {
        is_commercial_region(region)
    } else {
        OTHER_REGIONS.contains(&region)
    };
    is_known.then_some(*partition)
}

/// Returns `true` if a name has the format of a region of partition `aws`, for example `eu-west-1`.
fn is_commercial_region(region: &str) -> bool {
    let parts: Vec<&str> = region.split('-').collect();
    let [continent, name, number] = parts.as_slice() else { return false };
    let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase());
    continent.len() == 2
        && *continent != "cn"
        && is_word(continent)
        && is_word(name)
        && number.parse::<u8>().is_ok()
}

/// Returns the region for which IAM calls of a partition must be signed.
pub(crate) fn iam_region(partition: &str) -> &'static str {
    PARTITIONS
        .iter()
        .find(|(id, ..)| *id == partition)
        .map_or("us-east-1", |(_, region, ..)| region)
}

/// Returns `true` if the partition is one of the four that the fake AWS has.
pub(crate) fn exists(partition: &str) -> bool {
    PARTITIONS.iter().any(|(id, ..)| *id == partition)
}

/// Returns the DNS suffix of the services in a partition, for example `amazonaws.com`.
pub(crate) fn dns_suffix(partition: &str) -> &'static str {
    PARTITIONS
        .iter()
        .find(|(id, ..)| *id == partition)
        .map_or("amazonaws.com", |(_, _, suffix, _)| suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partition_is_found_by_region() {
        let rows = [
            ("us-east-1", Some("aws")),
            ("eu-central-2", Some("aws")),
            ("me-west-1", Some("aws")),
            ("us-gov-east-1", Some("aws-us-gov")),
            ("us-gov-north-1", None),
            ("us-iso-west-1", Some("aws-iso")),
            ("us-isob-east-1", Some("aws-iso-b")),
            ("us-isof-south-1", None),
            ("cn-north-1", None),
            ("aws-global", None),
            ("", None),
        ];
        for (region, partition) in rows {
            assert_eq!(find_by_region(region), partition, "{region}");
        }
    }
}
