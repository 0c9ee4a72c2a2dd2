use std::{fmt, str::FromStr};

use crate::Partition;

/// The error for a text that is not a region. Its message is the violated rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be a region, such as us-east-1 or us-gov-west-1")]
pub struct InvalidRegion;

/// The name of an AWS region in one of the four partitions that Gangway serves. Parsing checks only
/// the format: the region need not exist.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Region {
    name: String,
    partition: Partition,
}

impl Region {
    pub fn as_str(&self) -> &str {
        &self.name
    }

    pub const fn partition(&self) -> Partition {
        self.partition
    }
}

impl FromStr for Region {
    type Err = InvalidRegion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let partition = Partition::from_region(text).ok_or(InvalidRegion)?;
        Ok(Self { name: text.to_owned(), partition })
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_the_partition_of_its_prefix_or_is_invalid() {
        let region: Region = "us-gov-east-1".parse().unwrap();
        assert_eq!(region.partition(), Partition::AwsUsGov);
        for text in ["", "us-east", "cn-north-1", "US-EAST-1"] {
            assert_eq!(text.parse::<Region>(), Err(InvalidRegion), "{text}");
        }
    }
}
