//! The partition table: every value that differs between the AWS partitions.

use std::{fmt, str::FromStr};

use crate::AuthMethod;

/// An AWS partition: a group of regions with its own identities, endpoints and ARNs.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Partition {
    /// The commercial partition.
    Aws,
    /// The partition AWS `GovCloud` (US).
    AwsUsGov,
    /// The Secret partition (SC2S). Its access portal is SCAP.
    AwsIsoB,
    /// The Top Secret partition (C2S). Its access portal is CAP.
    AwsIso,
}

/// The CA certificates with which Gangway verifies the service endpoints of a partition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RootStoreKind {
    /// The public CA certificates that are compiled into Gangway.
    Public,
    /// The CA certificates that Lambda provides in the function's file system.
    Platform,
}

/// An instruction set architecture that Lambda offers in every region of a partition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Architecture {
    Arm64,
    X86_64,
}

/// The access portal of a classified partition, and the names of its parameters and settings.
#[derive(Debug)]
pub struct AccessPortalInfo {
    /// The name of the portal in messages.
    pub label: &'static str,
    /// The name of the field for the account. Gangway's requests, Palette's API and the portal use
    /// the same name.
    pub account: &'static str,
    /// The name of the portal's query parameter for the role.
    pub role_parameter: &'static str,
    /// The name of Gangway's environment variable for the portal's URL.
    pub url_variable: &'static str,
    /// The name of Palette's environment variable for the portal's URL. Palette's documentation
    /// names `CUSTOM_ISO_URL` for Secret and `CUSTOM_ISOB_URL` for Top Secret, although the ids
    /// `aws-iso-b` and `aws-iso` suggest the opposite. The setting
    /// `GANGWAY_PALETTE_PORTAL_ENV_VARS` can set another name.
    pub palette_variable: &'static str,
}

/// The access portal of the Secret partition.
const SCAP: AccessPortalInfo = AccessPortalInfo {
    label: "SCAP",
    account: "accountName",
    role_parameter: "roleName",
    url_variable: "GANGWAY_SCAP_URL",
    palette_variable: "CUSTOM_ISO_URL",
};

/// The access portal of the Top Secret partition.
const CAP: AccessPortalInfo = AccessPortalInfo {
    label: "CAP",
    account: "mission",
    role_parameter: "role",
    url_variable: "GANGWAY_CAP_URL",
    palette_variable: "CUSTOM_ISOB_URL",
};

/// The row of the partition table for one partition.
#[derive(Debug)]
pub struct PartitionInfo {
    pub partition: Partition,
    /// The id of the partition in ARNs and in Palette's API.
    pub id: &'static str,
    /// The name of the partition in Palette's wizard.
    pub label: &'static str,
    /// The domain that the host names of all service endpoints end with.
    pub dns_suffix: &'static str,
    /// The prefixes of region names. In a region name, a direction and a number follow the prefix,
    /// such as `east-1`.
    pub region_prefixes: &'static [&'static str],
    /// The region of the endpoints of IAM and other global services.
    pub home_region: &'static str,
    /// `true` if Gangway calls the FIPS endpoints of the services in this partition.
    pub fips: bool,
    pub roots: RootStoreKind,
    /// The access portal that issues temporary credentials. In a partition with an access portal,
    /// the certificates of service endpoints are signed by private CA certificates.
    pub portal: Option<AccessPortalInfo>,
    pub architecture: Architecture,
    /// The methods that Palette supports in this partition.
    pub methods: &'static [AuthMethod],
    /// The methods that Palette's newest documentation no longer lists for this partition. Gangway
    /// offers them only if a setting allows it.
    pub opt_in_methods: &'static [AuthMethod],
}

const PUBLIC_METHODS: &[AuthMethod] =
    &[AuthMethod::StaticCredentials, AuthMethod::Sts, AuthMethod::PodIdentity];
const CLASSIFIED_METHODS: &[AuthMethod] = &[AuthMethod::StaticCredentials, AuthMethod::Scap];

/// The partition table: one row for each partition that Gangway serves.
pub const PARTITIONS: [PartitionInfo; 4] = [
    PartitionInfo {
        partition: Partition::Aws,
        id: "aws",
        label: "AWS",
        dns_suffix: "amazonaws.com",
        region_prefixes: &["us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-"],
        home_region: "us-east-1",
        fips: false,
        roots: RootStoreKind::Public,
        portal: None,
        architecture: Architecture::Arm64,
        methods: PUBLIC_METHODS,
        opt_in_methods: &[],
    },
    PartitionInfo {
        partition: Partition::AwsUsGov,
        id: "aws-us-gov",
        label: "AWS US Gov",
        dns_suffix: "amazonaws.com",
        region_prefixes: &["us-gov-"],
        home_region: "us-gov-west-1",
        fips: true,
        roots: RootStoreKind::Public,
        portal: None,
        architecture: Architecture::Arm64,
        methods: PUBLIC_METHODS,
        opt_in_methods: &[],
    },
    PartitionInfo {
        partition: Partition::AwsIsoB,
        id: "aws-iso-b",
        label: "AWS US Secret",
        dns_suffix: "sc2s.sgov.gov",
        region_prefixes: &["us-isob-"],
        home_region: "us-isob-east-1",
        fips: false,
        roots: RootStoreKind::Platform,
        portal: Some(SCAP),
        architecture: Architecture::X86_64,
        methods: CLASSIFIED_METHODS,
        opt_in_methods: &[AuthMethod::PodIdentity],
    },
    PartitionInfo {
        partition: Partition::AwsIso,
        id: "aws-iso",
        label: "AWS US Top Secret",
        dns_suffix: "c2s.ic.gov",
        region_prefixes: &["us-iso-"],
        home_region: "us-iso-east-1",
        fips: false,
        roots: RootStoreKind::Platform,
        portal: Some(CAP),
        architecture: Architecture::X86_64,
        methods: CLASSIFIED_METHODS,
        opt_in_methods: &[],
    },
];

impl Partition {
    /// Returns `true` for the Secret and the Top Secret partition.
    pub const fn is_classified(self) -> bool {
        self.info().portal.is_some()
    }

    /// Returns the row of this partition in the partition table.
    pub const fn info(self) -> &'static PartitionInfo {
        match self {
            Self::Aws => &PARTITIONS[0],
            Self::AwsUsGov => &PARTITIONS[1],
            Self::AwsIsoB => &PARTITIONS[2],
            Self::AwsIso => &PARTITIONS[3],
        }
    }

    pub const fn id(self) -> &'static str {
        self.info().id
    }

    /// Returns the partition whose region names have the format of this name, or `None` if no
    /// partition that Gangway serves has such names.
    pub fn from_region(region: &str) -> Option<Self> {
        PARTITIONS.iter().find(|facts| facts.has_region(region)).map(|facts| facts.partition)
    }
}

impl PartitionInfo {
    /// Returns `true` if the name has the format of the region names of this partition.
    pub fn has_region(&self, region: &str) -> bool {
        self.region_prefixes.iter().any(|prefix| {
            region.strip_prefix(prefix).and_then(|rest| rest.split_once('-')).is_some_and(
                |(direction, number)| {
                    !direction.is_empty()
                        && direction.bytes().all(|byte| byte.is_ascii_lowercase())
                        && !number.is_empty()
                        && number.bytes().all(|byte| byte.is_ascii_digit())
                },
            )
        })
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The error for a text that is not the id of a partition. Its message is the violated rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be one of aws, aws-us-gov, aws-iso-b, aws-iso")]
pub struct InvalidPartition;

impl FromStr for Partition {
    type Err = InvalidPartition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let row = PARTITIONS.iter().find(|facts| facts.id == text).ok_or(InvalidPartition)?;
        Ok(row.partition)
    }
}

#[cfg(test)]
mod tests;
