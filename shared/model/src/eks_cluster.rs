//! The Amazon EKS cluster that Palette runs on, and the roles that its pods use.

use std::{fmt, str::FromStr};

use crate::{AccountId, Arn, Region, RoleArn};

/// The error for a text that is not a cluster name or a cluster ARN. Its message is the violated
/// rule.
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

/// The name of an EKS cluster, with the characters that the EKS API `CreateCluster` accepts.
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
        let is_valid = (1..=100).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if is_valid { Ok(Self(text.to_owned())) } else { Err(InvalidEksCluster::Name) }
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
    /// Returns the ARN of the cluster. `EksCluster::from_str` parses such an ARN.
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

/// The EKS cluster that Palette runs on, and the roles of Palette's pods. Palette's API has no
/// members for them in an account with the method `pod-identity`. Gangway needs them to validate
/// the account again, and stores them in annotations of the account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PaletteCluster {
    pub cluster: EksCluster,
    /// The role of Hubble's pods, in the cluster's AWS account.
    pub hubble_role: RoleArn,
    /// The role of the identity service's pods, in the cluster's AWS account.
    pub identity_role: RoleArn,
    /// The target role of the Pod Identity association of Hubble. It is `Some` if and only if
    /// Palette's role is in another AWS account than the cluster.
    pub hubble_target_role: Option<RoleArn>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cluster_names_that_eks_does_not_allow_are_rejected() {
        for text in ["a", "palette-mgmt_1", "1", &"n".repeat(100)] {
            let name = text.parse::<EksClusterName>();
            assert_eq!(name.map(|name| name.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "-a", "_a", "a.b", "a b", "a/b", "é", "a\n", &"n".repeat(101)] {
            assert_eq!(text.parse::<EksClusterName>(), Err(InvalidEksCluster::Name), "{text}");
        }
    }

    #[test]
    fn a_cluster_arn_is_parsed_and_written_unchanged() {
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
