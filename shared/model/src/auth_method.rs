use std::{fmt, str::FromStr};

use crate::Partition;

/// How Palette authenticates to an AWS account. Each method has its own function.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum AuthMethod {
    /// Long-lived access keys of an IAM user.
    StaticCredentials,
    /// A role that Palette assumes through STS.
    Sts,
    /// Roles bound to Palette's pods by EKS Pod Identity.
    PodIdentity,
    /// Temporary keys from the access portal of a classified partition (CAP, SCAP).
    Scap,
}

impl AuthMethod {
    /// Every method, in the order of Palette's wizard.
    pub const ALL: [Self; 4] = [Self::StaticCredentials, Self::Sts, Self::PodIdentity, Self::Scap];

    /// Returns the id that routes, events and folders use.
    pub const fn id(self) -> &'static str {
        match self {
            Self::StaticCredentials => "static-credentials",
            Self::Sts => "sts",
            Self::PodIdentity => "pod-identity",
            Self::Scap => "scap",
        }
    }

    /// Returns `true` if Palette supports the method in a partition. `opted_in` adds methods that
    /// Palette's newest documents no longer list there.
    pub fn is_supported_in(self, partition: Partition, opted_in: bool) -> bool {
        let facts = partition.info();
        facts.methods.contains(&self) || opted_in && facts.opt_in_methods.contains(&self)
    }
}

impl fmt::Display for AuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The rule that a method's id violates.
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
        let allowed = |method: AuthMethod, opted_in| {
            [Aws, AwsUsGov, AwsIsoB, AwsIso]
                .map(|partition| method.is_supported_in(partition, opted_in))
        };
        assert_eq!(allowed(AuthMethod::StaticCredentials, false), [true, true, true, true]);
        assert_eq!(allowed(AuthMethod::Sts, true), [true, true, false, false]);
        assert_eq!(allowed(AuthMethod::PodIdentity, false), [true, true, false, false]);
        assert_eq!(allowed(AuthMethod::PodIdentity, true), [true, true, true, false]);
        assert_eq!(allowed(AuthMethod::Scap, true), [false, false, true, true]);
    }
}
