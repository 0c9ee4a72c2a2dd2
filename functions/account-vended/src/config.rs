//! Configuration of account vending, from environment variables.

use std::{fmt, str::FromStr, time::Duration};

use gangway_aws::sqs::QueueUrl;
use gangway_model::{
    AccountId, AuthMethod, Partition, PermissionProfile, PolicyArn, RoleArn, is_iam_name,
};
use gangway_registration::{ConfigError, EnvReader, vending::VendingConfig};

/// Configuration of the function. Each field names its variable.
#[derive(Clone, Debug)]
pub(crate) struct HandlerConfig {
    /// The settings that decide which accounts are registered, in which scope, and whether closed
    /// accounts are removed.
    pub(crate) vending: VendingConfig,
    /// `GANGWAY_ACCOUNT_ACCESS_ROLES`: roles in member accounts. Gangway uses the first that it can
    /// assume. Default `GangwayEntry`.
    pub(crate) account_access_roles: Vec<RoleName>,
    /// `GANGWAY_MEMBER_ACCESS_ROLE_ARN`: the role in the management account from which roles in
    /// member accounts are assumed. By default the function's own role.
    pub(crate) member_access_role: Option<RoleArn>,
    /// `GANGWAY_ROLE_NAME`: the role that Palette assumes. Default `SpectroCloudRole`.
    pub(crate) role_name: RoleName,
    /// `GANGWAY_PERMISSION_PROFILE`: the permissions of that role. Default `core-eks`.
    pub(crate) permission_profile: PermissionProfile,
    /// `GANGWAY_PERMISSIONS_BOUNDARY`: the permissions boundary of that role.
    pub(crate) permissions_boundary: Option<PermissionsBoundary>,
    /// `GANGWAY_ACCOUNT_GRACE_PERIOD_MINUTES`: how long after an account's creation denied access
    /// leads to a retry. Default 60.
    pub(crate) grace_period: Duration,
    /// `GANGWAY_DEAD_LETTER_QUEUE_URL`: the queue of messages that cannot succeed.
    pub(crate) dead_letter_queue: QueueUrl,
    /// `GANGWAY_WATCH_QUEUE_URL`: the queue of the watch, which records drift. `None` if the
    /// deployment has no watch.
    pub(crate) watch_queue: Option<QueueUrl>,
    /// `GANGWAY_VENDING_EVENT_SOURCES`: sources of `AWS Account Vended`, comma-separated. Default:
    /// none.
    pub(crate) event_sources: Vec<String>,
    /// `GANGWAY_STACK_NAME`: value of the tag `gangway:stack`. Default `gangway`.
    pub(crate) stack_name: StackName,
}

/// Default of `GANGWAY_ACCOUNT_ACCESS_ROLES`: the role of `templates/entry-role.yaml`.
const DEFAULT_ACCESS_ROLE: &str = "GangwayEntry";

const ROLE_NAMES_RULE: &str =
    "must be comma-separated names of IAM roles, each 1 to 64 letters, digits and _+=.@-";

impl HandlerConfig {
    /// Reads the variables, and returns all errors at once.
    pub(crate) fn from_env(
        variable: impl Fn(&str) -> Option<String>,
        partition: Partition,
    ) -> Result<Self, ConfigError> {
        const BOUNDARY: &str = "GANGWAY_PERMISSIONS_BOUNDARY";
        let mut reader = EnvReader::new(variable);
        if !AuthMethod::Sts.is_supported_in(partition, false) {
            let rule =
                "must be a region of a partition where Palette assumes roles: aws or aws-us-gov";
            reader.add_error("AWS_REGION", rule);
        }
        let vending = VendingConfig::from_variables(&mut reader, partition);
        let parse_name = |entry: &str| entry.parse::<RoleName>().ok();
        let mut account_access_roles =
            reader.list("GANGWAY_ACCOUNT_ACCESS_ROLES", ROLE_NAMES_RULE, parse_name);
        if account_access_roles.is_empty() {
            account_access_roles.extend(parse_name(DEFAULT_ACCESS_ROLE));
        }
        let member_access_role =
            VendingConfig::role_in(&mut reader, "GANGWAY_MEMBER_ACCESS_ROLE_ARN", partition);
        if vending.as_ref().is_some_and(|vending| {
            vending.organizations_role.is_some() != member_access_role.is_some()
        }) {
            let rule = "and GANGWAY_ORGANIZATIONS_ROLE_ARN must be set together";
            reader.add_error("GANGWAY_MEMBER_ACCESS_ROLE_ARN", rule);
        }
        let role_name = reader.optional("GANGWAY_ROLE_NAME").unwrap_or_default();
        let permission_profile = reader.optional("GANGWAY_PERMISSION_PROFILE").unwrap_or_default();
        let permissions_boundary = reader.optional::<PermissionsBoundary>(BOUNDARY);
        if let Some(PermissionsBoundary::AwsManaged(arn)) = &permissions_boundary
            && arn.partition() != partition
        {
            reader.add_error(BOUNDARY, format_args!("must be a policy of {partition}"));
        }
        let grace_period = reader.optional("GANGWAY_ACCOUNT_GRACE_PERIOD_MINUTES");
        let GracePeriod(grace_period) = grace_period.unwrap_or_default();
        let dead_letter_queue = reader.required("GANGWAY_DEAD_LETTER_QUEUE_URL");
        let watch_queue = reader.optional("GANGWAY_WATCH_QUEUE_URL");
        let event_sources = reader.list(
            "GANGWAY_VENDING_EVENT_SOURCES",
            "must be comma-separated sources of events",
            |source| (!source.is_empty()).then(|| source.to_owned()),
        );
        let stack_name = reader.optional("GANGWAY_STACK_NAME").unwrap_or_default();
        let errors = reader.into_errors();
        match (vending, dead_letter_queue) {
            (Some(vending), Some(dead_letter_queue)) if errors.is_empty() => Ok(Self {
                vending,
                account_access_roles,
                member_access_role,
                role_name,
                permission_profile,
                permissions_boundary,
                grace_period,
                dead_letter_queue,
                watch_queue,
                event_sources,
                stack_name,
            }),
            _ => Err(ConfigError(errors)),
        }
    }
}

/// The name of an IAM role, without a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RoleName(String);

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
    /// Returns the ARN of the role in an account. Never `None`, since every valid name makes a
    /// valid ARN.
    pub(crate) fn to_arn(&self, partition: Partition, account: AccountId) -> Option<RoleArn> {
        format!("arn:{partition}:iam::{account}:role/{self}").parse().ok()
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The permissions boundary of the role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum PermissionsBoundary {
    /// A customer managed policy of this name, which every account has.
    CustomerManaged(String),
    /// An AWS managed policy.
    AwsManaged(PolicyArn),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "must be the name of a policy that every vended account has, or the ARN of an AWS managed policy"
)]
pub(crate) struct InvalidPermissionsBoundary;

impl FromStr for PermissionsBoundary {
    type Err = InvalidPermissionsBoundary;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_iam_name(text, 128) {
            return Ok(Self::CustomerManaged(text.to_owned()));
        }
        let arn: PolicyArn = text.parse().map_err(|_invalid| InvalidPermissionsBoundary)?;
        if arn.account() == "aws" {
            Ok(Self::AwsManaged(arn))
        } else {
            Err(InvalidPermissionsBoundary)
        }
    }
}

impl PermissionsBoundary {
    /// Returns the ARN of the policy in an account.
    pub(crate) fn arn(&self, partition: Partition, account: AccountId) -> String {
        match self {
            Self::CustomerManaged(name) => format!("arn:{partition}:iam::{account}:policy/{name}"),
            Self::AwsManaged(arn) => arn.as_str().to_owned(),
        }
    }
}

/// A duration of up to one day, in minutes.
struct GracePeriod(Duration);

impl Default for GracePeriod {
    fn default() -> Self {
        Self(Duration::from_hours(1))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("must be a number of minutes, 0 to 1440")]
struct InvalidGracePeriod;

impl FromStr for GracePeriod {
    type Err = InvalidGracePeriod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let minutes: u64 = text.parse().map_err(|_invalid| InvalidGracePeriod)?;
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
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests;
