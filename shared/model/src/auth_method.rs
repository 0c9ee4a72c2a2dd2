use std::{fmt, str::FromStr};

use crate::Partition;

/// The method with which Palette authenticates to an AWS account. Gangway has a Lambda function for
/// each method.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum AuthMethod {
    /// A long-lived access key of an IAM user.
    StaticCredentials,
    /// A role that Palette assumes through STS.
    Sts,
    /// A role that Palette's pods get through EKS Pod Identity.
    PodIdentity,
    /// Temporary credentials from the access portal of a classified partition (CAP or SCAP).
    Scap,
}

impl AuthMethod {
    /// Every method, in the order in which Palette's wizard shows them.
    pub const ALL: [Self; 4] = [Self::StaticCredentials, Self::Sts, Self::PodIdentity, Self::Scap];

    /// Returns the id of the method, as routes, events and names of folders contain it.
    pub const fn id(self) -> &'static str {
        match self {
            Self::StaticCredentials => "static-credentials",
            Self::Sts => "sts",
            Self::PodIdentity => "pod-identity",
            Self::Scap => "scap",
        }
    }

    /// Returns `true` if Palette supports the method in a partition. If `with_opt_in_methods` is
    /// `true`, the methods count that Palette's newest documentation no longer lists for the
    /// partition.
    pub fn is_supported_in(self, partition: Partition, with_opt_in_methods: bool) -> bool {
        let facts = partition.info();
        facts.methods.contains(&self) || with_opt_in_methods && facts.opt_in_methods.contains(&self)
    }
}

impl fmt::Display for AuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The error for a text that is not the id of a method. Its message is the violated rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be one of static-credentials, sts, pod-identity, scap")]
pub struct InvalidMethod;

impl FromStr for AuthMethod {
    type Err = InvalidMethod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|method| method.id() == text).ok_or(InvalidMethod)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Partition::{Aws, AwsIso, AwsIsoB, AwsUsGov};

    /// Acceptance rows: F10, F11, F12.
    #[test]
    fn each_partition_has_the_methods_of_palettes_wizard() {
        let allowed = |method: AuthMethod, with_opt_in_methods| {
            [Aws, AwsUsGov, AwsIsoB, AwsIso]
                .map(|partition| method.is_supported_in(partition, with_opt_in_methods))
        };
        assert_eq!(allowed(AuthMethod::StaticCredentials, false), [true, true, true, true]);
        assert_eq!(allowed(AuthMethod::Sts, true), [true, true, false, false]);
        assert_eq!(allowed(AuthMethod::PodIdentity, false), [true, true, false, false]);
        assert_eq!(allowed(AuthMethod::PodIdentity, true), [true, true, true, false]);
        assert_eq!(allowed(AuthMethod::Scap, true), [false, false, true, true]);
    }
}
