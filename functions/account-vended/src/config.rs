//! What account vending is told by variables.

use std::{fmt, str::FromStr, time::Duration};

use gangway_aws::sqs::QueueUrl;
use gangway_model::{AccountId, AuthMethod, Partition, PermissionProfile, PolicyArn, RoleArn};
use gangway_registration::ConfigError;
use gangway_registration::EnvReader;

/// How accounts are entered and what is made there. Each field names its variable.
#[derive(Clone, Debug)]
pub(crate) struct HandlerConfig {
    /// Which accounts come aboard, where to, and what becomes of closed ones.
    pub(crate) accounts: gangway_registration::vending::VendingConfig,
    /// `GANGWAY_ACCOUNT_ACCESS_ROLES`: roles of the accounts, of which the first that lets Gangway in is used.
    pub(crate) entry_roles: Vec<RoleName>,
    /// `GANGWAY_ROLE_NAME`: the role that lets Palette in; `SpectroCloudRole` unless told.
    pub(crate) role: RoleName,
    /// `GANGWAY_PERMISSION_PROFILE`: what Palette is to be allowed; `core-eks` unless told.
    pub(crate) profile: PermissionProfile,
    /// `GANGWAY_PERMISSIONS_BOUNDARY`: what limits that role.
    pub(crate) boundary: Option<Boundary>,
    /// `GANGWAY_ACCOUNT_GRACE_PERIOD_MINUTES`: how long an account may deny what it will allow later; 60 unless told.
    pub(crate) grace: Duration,
    /// `GANGWAY_DEAD_LETTER_QUEUE_URL`: where messages go that nobody can work, with the reason.
    pub(crate) dead_letters: QueueUrl,
    /// `GANGWAY_STACK_NAME`: what is noted on what is made; `gangway` unless told.
    pub(crate) stack: StackName,
}

/// The first of these that lets Gangway in.
const ENTRY_ROLES: [&str; 3] =
    ["AWSControlTowerExecution", "OrganizationAccountAccessRole", "AWSAFTExecution"];

const NAMES: &str =
    "must be names of IAM roles with commas between them, each 1 to 64 letters, digits and _+=.@-";

impl HandlerConfig {
    /// Reads the variables, and tells every fault at once.
    pub(crate) fn from_env(
        variable: impl Fn(&str) -> Option<String>,
        partition: Partition,
    ) -> Result<Self, ConfigError> {
        const BOUNDARY: &str = "GANGWAY_PERMISSIONS_BOUNDARY";
        let mut variables = EnvReader::new(variable);
        if !AuthMethod::Sts.is_supported_in(partition, false) {
            let rule =
                "must be a region of a partition where Palette assumes roles: aws or aws-us-gov";
            variables.add_error("AWS_REGION", rule);
        }
        let accounts =
            gangway_registration::vending::VendingConfig::from_variables(&mut variables, partition);
        let name = |entry: &str| entry.parse::<RoleName>().ok();
        let mut entry_roles = variables.list("GANGWAY_ACCOUNT_ACCESS_ROLES", NAMES, name);
        if entry_roles.is_empty() {
            entry_roles = ENTRY_ROLES.iter().filter_map(|role| name(role)).collect();
        }
        let role = variables.optional("GANGWAY_ROLE_NAME").unwrap_or_default();
        let profile = variables.optional("GANGWAY_PERMISSION_PROFILE").unwrap_or_default();
        let boundary = variables.optional::<Boundary>(BOUNDARY);
        if let Some(Boundary::Managed(arn)) = &boundary
            && arn.partition() != partition
        {
            variables.add_error(BOUNDARY, format_args!("must be a policy of {partition}"));
        }
        let grace = variables.optional("GANGWAY_ACCOUNT_GRACE_PERIOD_MINUTES");
        let GracePeriod(grace) = grace.unwrap_or(GracePeriod(Duration::from_hours(1)));
        let dead_letters = variables.required("GANGWAY_DEAD_LETTER_QUEUE_URL");
        let stack = variables.optional("GANGWAY_STACK_NAME").unwrap_or_default();
        let faults = variables.into_errors();
        match (accounts, dead_letters) {
            (Some(accounts), Some(dead_letters)) if faults.is_empty() => Ok(Self {
                accounts,
                entry_roles,
                role,
                profile,
                boundary,
                grace,
                dead_letters,
                stack,
            }),
            _ => Err(ConfigError(faults)),
        }
    }
}

/// The name of a role, without a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RoleName(String);

/// Not the name of a role.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be the name of an IAM role, without a path: 1 to 64 letters, digits and _+=,.@-")]
pub(crate) struct InvalidRoleName;

impl Default for RoleName {
    fn default() -> Self {
        Self(gangway_policies::cloudformation::ROLE_NAME.to_owned())
    }
}

impl FromStr for RoleName {
    type Err = InvalidRoleName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_iam_name(text, 64) { Ok(Self(text.to_owned())) } else { Err(InvalidRoleName) }
    }
}

impl RoleName {
    /// The role of that name in an account. `None` never comes: a name of a role makes an ARN of one.
    pub(crate) fn in_account(&self, partition: Partition, account: AccountId) -> Option<RoleArn> {
        format!("arn:{partition}:iam::{account}:role/{self}").parse().ok()
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What limits the role, whatever its policies allow.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Boundary {
    /// A policy that every account has under this name.
    Named(String),
    /// One of AWS's own.
    Managed(PolicyArn),
}

/// Neither of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "must be the name of a policy that every vended account has, or the ARN of one that AWS manages"
)]
pub(crate) struct InvalidBoundary;

impl FromStr for Boundary {
    type Err = InvalidBoundary;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_iam_name(text, 128) {
            return Ok(Self::Named(text.to_owned()));
        }
        let arn: PolicyArn = text.parse().map_err(|_fault| InvalidBoundary)?;
        if arn.account() == "aws" { Ok(Self::Managed(arn)) } else { Err(InvalidBoundary) }
    }
}

impl Boundary {
    /// The policy in an account.
    pub(crate) fn arn(&self, partition: Partition, account: AccountId) -> String {
        match self {
            Self::Named(name) => format!("arn:{partition}:iam::{account}:policy/{name}"),
            Self::Managed(arn) => arn.as_str().to_owned(),
        }
    }
}

fn is_iam_name(text: &str, longest: usize) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    (1..=longest).contains(&text.len()) && text.bytes().all(allowed)
}

/// A number of minutes, a day at most.
struct GracePeriod(Duration);

/// Not such a number.
#[derive(Debug, thiserror::Error)]
#[error("must be a number of minutes, 0 to 1440")]
struct InvalidGracePeriod;

impl FromStr for GracePeriod {
    type Err = InvalidGracePeriod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let minutes: u64 = text.parse().map_err(|_fault| InvalidGracePeriod)?;
        if minutes <= 1440 {
            Ok(Self(Duration::from_mins(minutes)))
        } else {
            Err(InvalidGracePeriod)
        }
    }
}

/// The name of a CloudFormation stack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StackName(String);

/// Not such a name.
#[derive(Debug, thiserror::Error)]
#[error("must be the name of a stack: a letter, then up to 127 letters, digits and -")]
pub(crate) struct InvalidStackName;

impl Default for StackName {
    fn default() -> Self {
        Self("gangway".to_owned())
    }
}

impl FromStr for StackName {
    type Err = InvalidStackName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let valid = (1..=128).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(allowed);
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidStackName) }
    }
}

impl StackName {
    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests;
