//! Partitions and their regions. This table is independent of the product's, so that both cannot
//! share a mistake.

/// Partition id, IAM's region, DNS suffix and prefix of the region names. The last row matches all
/// other regions.
const PARTITIONS: [(&str, &str, &str, &str); 4] = [
    ("aws-us-gov", "us-gov-west-1", "amazonaws.com", "us-gov-"),
    ("aws-iso", "us-iso-east-1", "c2s.ic.gov", "us-iso-"),
    ("aws-iso-b", "us-isob-east-1", "sc2s.sgov.gov", "us-isob-"),
    ("aws", "us-east-1", "amazonaws.com", ""),
];

/// Regions outside partition `aws`.
const REGIONS: [&str; 6] = [
    "us-gov-west-1",
    "us-gov-east-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
];

/// Returns the partition of a region, or `None` if the region does not exist.
pub(crate) fn for_region(region: &str) -> Option<&'static str> {
    let (partition, _, _, _) =
        PARTITIONS.iter().find(|(_, _, _, start)| region.starts_with(start))?;
    let known =
        if *partition == "aws" { is_commercial_region(region) } else { REGIONS.contains(&region) };
    known.then_some(*partition)
}

fn is_commercial_region(region: &str) -> bool {
    let parts: Vec<&str> = region.split('-').collect();
    let [continent, name, number] = parts.as_slice() else { return false };
    let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase());
    continent.len() == 2
        && *continent != "cn"
        && word(continent)
        && word(name)
        && number.parse::<u8>().is_ok()
}

/// Returns the region in whose scope IAM calls must be signed.
pub(crate) fn iam_region(partition: &str) -> &'static str {
    PARTITIONS
        .iter()
        .find(|(id, ..)| *id == partition)
        .map_or("us-east-1", |(_, region, ..)| region)
}

/// Returns `true` if the partition is one of the four.
pub(crate) fn exists(partition: &str) -> bool {
    PARTITIONS.iter().any(|(id, ..)| *id == partition)
}

/// Returns the DNS suffix of a partition.
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
    fn region_determines_the_partition() {
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
            assert_eq!(for_region(region), partition, "{region}");
        }
    }
}
