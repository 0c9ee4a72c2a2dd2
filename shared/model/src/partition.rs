//! The partition table: every fact that differs between AWS partitions.

use std::{fmt, str::FromStr};

use crate::AuthMethod;

/// An AWS partition: a group of regions with its own identities, endpoints and ARNs.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Partition {
    /// Commercial AWS.
    Aws,
    /// `GovCloud` (US).
    AwsUsGov,
    /// Secret (SC2S, reached through SCAP).
    AwsIsoB,
    /// Top Secret (C2S, reached through CAP).
    AwsIso,
}

/// The CA certificates that the endpoints of a partition are verified with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RootStoreKind {
    /// Public CA certificates, compiled into Gangway.
    Public,
    /// CA certificates that Lambda installs in the function's file system.
    Platform,
}

/// An instruction set that Lambda offers in every region of a partition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Architecture {
    /// Graviton.
    Arm64,
    /// Intel and AMD.
    X86_64,
}

/// The access portal of a classified partition, and the names that it uses.
#[derive(Debug)]
pub struct AccessPortalInfo {
    pub label: &'static str,
    /// The field for the account. It has the same name in requests, in Palette and in the portal.
    pub account: &'static str,
    /// The portal's parameter for the role.
    pub role_parameter: &'static str,
    /// Gangway's environment variable for the portal's URL.
    pub url_variable: &'static str,
    /// Palette's environment variable for the portal's URL, as Palette's documentation names it.
    /// The documentation assigns the two names to the partitions in an unexpected way: see
    /// `GANGWAY_PALETTE_PORTAL_ENV_VARS`.
    pub palette_variable: &'static str,
}

/// Secret: SCAP.
const SCAP: AccessPortalInfo = AccessPortalInfo {
    label: "SCAP",
    account: "accountName",
    role_parameter: "roleName",
    url_variable: "GANGWAY_SCAP_URL",
    palette_variable: "CUSTOM_ISO_URL",
};

/// Top Secret: CAP.
const CAP: AccessPortalInfo = AccessPortalInfo {
    label: "CAP",
    account: "mission",
    role_parameter: "role",
    url_variable: "GANGWAY_CAP_URL",
    palette_variable: "CUSTOM_ISOB_URL",
};

/// A row of the table.
#[derive(Debug)]
pub struct PartitionInfo {
    pub partition: Partition,
    /// The id in ARNs and in Palette's API.
    pub id: &'static str,
    /// The name in Palette's wizard.
    pub label: &'static str,
    /// The suffix of every service endpoint.
    pub dns_suffix: &'static str,
    /// The beginnings of region names; a direction and a number follow.
    pub region_prefixes: &'static [&'static str],
    /// The region of IAM and other global services.
    pub home_region: &'static str,
    /// Set if AWS offers FIPS endpoints for the services that Gangway calls.
    pub fips: bool,
    pub roots: RootStoreKind,
    /// The portal that issues temporary credentials. A partition with a portal has endpoints with
    /// private CA certificates.
    pub portal: Option<AccessPortalInfo>,
    pub architecture: Architecture,
    /// The methods that Palette supports here.
    pub methods: &'static [AuthMethod],
    /// Methods that Palette's newest documents no longer list; offered only if a setting allows
    /// them.
    pub opt_in_methods: &'static [AuthMethod],
}

const PUBLIC_METHODS: &[AuthMethod] =
    &[AuthMethod::StaticCredentials, AuthMethod::Sts, AuthMethod::PodIdentity];
const CLASSIFIED_METHODS: &[AuthMethod] = &[AuthMethod::StaticCredentials, AuthMethod::Scap];

/// Every partition that Gangway serves.
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

    /// Returns the partition of a region, or `None` if Palette does not serve it.
    pub fn from_region(region: &str) -> Option<Self> {
        PARTITIONS.iter().find(|facts| facts.has_region(region)).map(|facts| facts.partition)
    }
}

impl PartitionInfo {
    /// Returns `true` if the name has the form of a region of this partition.
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

/// The rule that a partition's id violates.
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
