//! The Amazon EKS cluster that Palette runs on, and the roles that its pods use.

use std::{fmt, str::FromStr};

use crate::{AccountId, Arn, Region, RoleArn};

/// The rule that a cluster name or a cluster ARN violates.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidEksCluster {
    #[error(
        "must be the name of an EKS cluster: 1 to 100 letters, digits, '-' and '_', a letter or digit first"
    )]
    Name,
    #[error(
        "must be the ARN of an EKS cluster: arn:<partition>:eks:<region>:<account>:cluster/<name>"
    )]
    Arn,
}

/// Name of an EKS cluster, as `CreateCluster` accepts it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EksClusterName(String);

impl EksClusterName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EksClusterName {
    type Err = InvalidEksCluster;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let valid = (1..=100).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidEksCluster::Name) }
    }
}

impl fmt::Display for EksClusterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An EKS cluster, identified by name, region and AWS account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EksCluster {
    pub name: EksClusterName,
    pub region: Region,
    pub account: AccountId,
}

impl EksCluster {
    /// Returns the cluster's ARN. [`FromStr`] parses it again.
    pub fn arn(&self) -> String {
        let Self { name, region, account } = self;
        format!("arn:{}:eks:{region}:{account}:cluster/{name}", region.partition().id())
    }
}

impl FromStr for EksCluster {
    type Err = InvalidEksCluster;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let arn = Arn::parse(text).ok_or(InvalidEksCluster::Arn)?;
        let region: Region = arn.region().parse().map_err(|_invalid| InvalidEksCluster::Arn)?;
        let name = arn.resource().strip_prefix("cluster/").ok_or(InvalidEksCluster::Arn)?;
        if arn.service() != "eks" || arn.partition() != region.partition().id() {
            return Err(InvalidEksCluster::Arn);
        }
        let account = arn.account().parse().map_err(|_not_12_digits| InvalidEksCluster::Arn)?;
        Ok(Self { name: name.parse()?, region, account })
    }
}

impl fmt::Display for EksCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, region, account } = self;
        write!(f, "cluster {name} in {region} of account {account}")
    }
}

/// The cluster that Palette runs on and the roles of its pods. Palette itself does not store them
/// for an account that it accesses through EKS Pod Identity, so Gangway writes them to the
/// account's annotations. They are needed to check the account again later.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PaletteCluster {
    pub cluster: EksCluster,
    /// Role of Hubble's pods, in the cluster's AWS account.
    pub hubble_role: RoleArn,
    /// Role of the identity service's pods, in the cluster's AWS account.
    pub identity_role: RoleArn,
    /// Role that Hubble's association names as its target role. Set if and only if Palette's role
    /// is in another AWS account than the cluster.
    pub hubble_target_role: Option<RoleArn>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cluster_names_follow_the_rule_of_eks() {
        for text in ["a", "palette-mgmt_1", "1", &"n".repeat(100)] {
            let name = text.parse::<EksClusterName>();
            assert_eq!(name.map(|name| name.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "-a", "_a", "a.b", "a b", "a/b", "é", "a\n", &"n".repeat(101)] {
            assert_eq!(text.parse::<EksClusterName>(), Err(InvalidEksCluster::Name), "{text}");
        }
    }

    #[test]
    fn cluster_arns_are_parsed_and_formatted() {
        let arn = "arn:aws-us-gov:eks:us-gov-west-1:123456789012:cluster/palette-mgmt";
        let cluster: EksCluster = arn.parse().unwrap();
        assert_eq!(cluster.arn(), arn);
        assert_eq!(cluster.name.as_str(), "palette-mgmt");
        for wrong in [
            "",
            "palette-mgmt",
            "arn:aws:eks:us-gov-west-1:123456789012:cluster/palette-mgmt",
            "arn:aws:iam:us-east-1:123456789012:cluster/palette-mgmt",
            "arn:aws:eks:us-east-1:12345678901:cluster/palette-mgmt",
            "arn:aws:eks:us-east-1:123456789012:nodegroup/palette-mgmt",
            "arn:aws:eks:us-east-1:123456789012:cluster/a/b",
        ] {
            assert!(wrong.parse::<EksCluster>().is_err(), "{wrong}");
        }
    }
}
