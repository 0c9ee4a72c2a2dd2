use super::*;

#[test]
fn each_partition_has_its_own_row_in_the_partition_table() {
    for facts in &PARTITIONS {
        assert!(std::ptr::eq(facts.partition.info(), facts) || facts.partition.id() == facts.id);
        assert_eq!(facts.id.parse(), Ok(facts.partition));
        assert_eq!(Partition::from_region(facts.home_region), Some(facts.partition));
    }
}

#[test]
fn each_region_belongs_to_one_partition_or_to_none() {
    for (region, partition) in [
        ("eu-central-1", Some(Partition::Aws)),
        ("ap-southeast-5", Some(Partition::Aws)),
        ("us-gov-east-1", Some(Partition::AwsUsGov)),
        ("us-isob-west-1", Some(Partition::AwsIsoB)),
        ("us-iso-west-1", Some(Partition::AwsIso)),
        ("us-isof-south-1", None),
        ("eu-isoe-west-1", None),
        ("cn-north-1", None),
        ("eusc-de-east-1", None),
        ("us-east", None),
        ("us--1", None),
        ("", None),
    ] {
        assert_eq!(Partition::from_region(region), partition, "{region}");
    }
}

/// Acceptance rows: F06, F07, F08, F09.
#[test]
fn each_partition_has_the_values_of_palettes_wizard() {
    let ids: Vec<_> = PARTITIONS.iter().map(|facts| facts.id).collect();
    assert_eq!(ids, ["aws", "aws-us-gov", "aws-iso-b", "aws-iso"]);
    assert_eq!("aws-cn".parse::<Partition>(), Err(InvalidPartition));
    assert_eq!("AWS".parse::<Partition>(), Err(InvalidPartition));
}
