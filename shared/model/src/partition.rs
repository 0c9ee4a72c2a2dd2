//! The partition table: every fact that differs between AWS partitions, once.

use std::{fmt, str::FromStr};

use crate::AuthMethod;

/// A group of AWS regions with identities, endpoints and ARNs of its own.
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

/// Which certification authorities a partition's own endpoints are signed by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RootStoreKind {
    /// The public ones, known when Gangway is compiled.
    Public,
    /// Those that Lambda installs in the function's file system.
    Platform,
}

/// The instruction set that Lambda offers in a partition for certain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Architecture {
    /// Graviton.
    Arm64,
    /// Intel and AMD.
    X86_64,
}

/// The portal of a classified partition that hands out temporary keys. Its own names for what it is
/// asked.
#[derive(Debug)]
pub struct AccessPortalInfo {
    /// As people call it.
    pub label: &'static str,
    /// The account: the member of a request, Palette's field and the portal's parameter have the
    /// same name.
    pub account: &'static str,
    /// The portal's parameter for the role.
    pub role_parameter: &'static str,
    /// Gangway's setting for its address.
    pub setting: &'static str,
    /// The variable of Palette's own deployment for its address, as Palette's documents name it
    /// (T1): by AWS's naming it would be the other one.
    pub palette_variable: &'static str,
}

/// Secret: SCAP.
const SCAP: AccessPortalInfo = AccessPortalInfo {
    label: "SCAP",
    account: "accountName",
    role_parameter: "roleName",
    setting: "GANGWAY_SCAP_URL",
    palette_variable: "CUSTOM_ISO_URL",
};

/// Top Secret: CAP.
const CAP: AccessPortalInfo = AccessPortalInfo {
    label: "CAP",
    account: "mission",
    role_parameter: "role",
    setting: "GANGWAY_CAP_URL",
    palette_variable: "CUSTOM_ISOB_URL",
};

/// One row of the table.
#[derive(Debug)]
pub struct PartitionInfo {
    /// The row's key.
    pub partition: Partition,
    /// As ARNs and Palette's API spell it.
    pub id: &'static str,
    /// As Palette's wizard calls it.
    pub label: &'static str,
    /// Suffix of every service endpoint.
    pub dns_suffix: &'static str,
    /// What a region's name starts with; a direction and a number follow.
    pub region_prefixes: &'static [&'static str],
    /// Where IAM and the other global services are.
    pub home_region: &'static str,
    /// Whether AWS lists FIPS endpoints for the services that Gangway calls.
    pub fips: bool,
    /// Who signs its endpoints' certificates.
    pub roots: RootStoreKind,
    /// The portal that hands out temporary keys. Where there is one, endpoints are behind private
    /// authorities (S07).
    pub portal: Option<AccessPortalInfo>,
    /// What to build for.
    pub architecture: Architecture,
    /// How Palette may be let into an account here.
    pub methods: &'static [AuthMethod],
    /// Methods that Palette's newest documents withdraw; offered only where a setting allows them.
    pub opt_in_methods: &'static [AuthMethod],
}

const PUBLIC_METHODS: &[AuthMethod] =
    &[AuthMethod::StaticCredentials, AuthMethod::Sts, AuthMethod::PodIdentity];
const CLASSIFIED_METHODS: &[AuthMethod] = &[AuthMethod::StaticCredentials, AuthMethod::Scap];

/// Every partition served.
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
    /// Returns whether this is the Secret or the Top Secret partition.
    pub const fn is_classified(self) -> bool {
        self.info().portal.is_some()
    }

    /// Its row of the table.
    pub const fn info(self) -> &'static PartitionInfo {
        match self {
            Self::Aws => &PARTITIONS[0],
            Self::AwsUsGov => &PARTITIONS[1],
            Self::AwsIsoB => &PARTITIONS[2],
            Self::AwsIso => &PARTITIONS[3],
        }
    }

    /// As ARNs and Palette's API spell it.
    pub const fn id(self) -> &'static str {
        self.info().id
    }

    /// The partition that a region is in; `None` for regions that Palette does not serve.
    pub fn from_region(region: &str) -> Option<Self> {
        PARTITIONS.iter().find(|facts| facts.has_region(region)).map(|facts| facts.partition)
    }
}

impl PartitionInfo {
    /// Whether the name is that of a region here, whether or not it exists yet.
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

/// Not the id of a partition that Palette serves.
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
