//! The cluster that Palette runs on, as a caller names it.

use std::{fmt, str::FromStr};

use gangway_model::{AccountId, Partition};
use gangway_policies::pod_identity;

/// Why a text does not name a cluster.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Invalid {
    /// Not a name.
    #[error(
        "must be the name of an EKS cluster: 1 to 100 letters, digits, '-' and '_', a letter or digit first"
    )]
    Name,
    /// Not a region.
    #[error("must be a region, such as us-east-1 or us-gov-west-1")]
    Region,
}

/// The name of an EKS cluster.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Name(String);

impl FromStr for Name {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=100).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if fits { Ok(Self(text.to_owned())) } else { Err(Invalid::Name) }
    }
}

/// A region of a partition that Palette serves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Region {
    name: String,
    pub(crate) partition: Partition,
}

impl FromStr for Region {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let partition = Partition::from_region(text).ok_or(Invalid::Region)?;
        Ok(Self { name: text.to_owned(), partition })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Which cluster it is.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    pub(crate) name: Name,
    pub(crate) region: Region,
    pub(crate) account: AccountId,
}

impl Cluster {
    /// As the documents name it.
    pub(crate) fn place(&self) -> pod_identity::Cluster<'_> {
        pod_identity::Cluster {
            name: &self.name.0,
            region: &self.region.name,
            account: self.account,
        }
    }
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, region, account } = self;
        write!(f, "cluster {name} in {region} of account {account}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cluster_names_are_those_of_eks() {
        for text in ["a", "palette-mgmt_1", "1", &"n".repeat(100)] {
            assert_eq!(text.parse::<Name>().map(|name| name.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "-a", "_a", "a.b", "a b", "a/b", "é", "a\n", &"n".repeat(101)] {
            assert_eq!(text.parse::<Name>(), Err(Invalid::Name), "{text}");
        }
    }

    #[test]
    fn regions_tell_their_partition() {
        assert_eq!("us-gov-east-1".parse::<Region>().unwrap().partition, Partition::AwsUsGov);
        for text in ["", "us-east", "cn-north-1", "US-EAST-1"] {
            assert_eq!(text.parse::<Region>(), Err(Invalid::Region), "{text}");
        }
    }
}
