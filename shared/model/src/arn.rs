use std::str::FromStr;

use crate::{
    AccountId, Partition,
    text::{define_text_type, is_iam_name},
};

/// The fields of an Amazon Resource Name,
/// `arn:<partition>:<service>:<region>:<account>:<resource>`. A field may be empty or contain a
/// wildcard, and the partition may be one that Gangway does not serve.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Arn<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits an ARN into its fields. Returns `None` if the text does not begin with `arn:` and
    /// have all five fields.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut fields = text.strip_prefix("arn:")?.splitn(5, ':');
        let mut next = || fields.next();
        Some(Self {
            partition: next()?,
            service: next()?,
            region: next()?,
            account: next()?,
            resource: next()?,
        })
    }

    /// Returns the partition of a text that begins with `arn:`. The text need not be a complete
    /// ARN: a policy may contain a pattern such as `arn:aws:*`.
    pub fn partition_of(text: &'a str) -> Option<&'a str> {
        text.strip_prefix("arn:")?.split(':').next()
    }

    pub const fn partition(self) -> &'a str {
        self.partition
    }

    pub const fn service(self) -> &'a str {
        self.service
    }

    pub const fn region(self) -> &'a str {
        self.region
    }

    pub const fn account(self) -> &'a str {
        self.account
    }

    pub const fn resource(self) -> &'a str {
        self.resource
    }
}

/// The error for a text that is not the expected ARN. Its message is the violated rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidArn {
    #[error("must be an ARN: arn:<partition>:<service>:<region>:<account>:<resource>")]
    Shape,
    #[error("must be an ARN of partition aws, aws-us-gov, aws-iso-b or aws-iso")]
    Partition,
    #[error("must be an ARN whose account id has 12 digits")]
    Account,
    #[error("must be the ARN of an IAM role: arn:<partition>:iam::<account>:role/<name>")]
    NotRole,
    #[error(
        "must be the ARN of an IAM policy: arn:<partition>:iam::<account or aws>:policy/<name>"
    )]
    NotPolicy,
    #[error(
        "must be the ARN of a secret: arn:<partition>:secretsmanager:<region>:<account>:secret:<name>"
    )]
    NotSecret,
}

/// Parses an ARN of at most 2048 printable characters whose partition Gangway serves. Returns the
/// fields and the partition.
fn parse_arn_in_served_partition(text: &str) -> Result<(Arn<'_>, Partition), InvalidArn> {
    if text.len() > 2048 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(InvalidArn::Shape);
    }
    let arn = Arn::parse(text).ok_or(InvalidArn::Shape)?;
    let partition = arn.partition().parse().map_err(|_invalid| InvalidArn::Partition)?;
    Ok((arn, partition))
}

/// Returns `true` if a text is a valid name in IAM of at most `max_len` characters, with or without
/// a path before the name.
fn is_iam_path_and_name(path_and_name: &str, max_len: usize) -> bool {
    let (path, name) = path_and_name.rsplit_once('/').unwrap_or(("", path_and_name));
    let is_path = path.len() <= 510 && path.bytes().all(|byte| byte.is_ascii_graphic());
    is_path && is_iam_name(name, max_len)
}

/// The ARN of an IAM role.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct RoleArn {
    text: String,
    partition: Partition,
    account: AccountId,
}

define_text_type!(RoleArn);

impl RoleArn {
    pub const fn partition(&self) -> Partition {
        self.partition
    }

    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Returns the name of the role without its path, as API requests of IAM contain it.
    pub fn name(&self) -> &str {
        self.text.rsplit_once('/').map_or("", |(_path, name)| name)
    }
}

impl FromStr for RoleArn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (arn, partition) = parse_arn_in_served_partition(text)?;
        let name = arn.resource().strip_prefix("role/").ok_or(InvalidArn::NotRole)?;
        if arn.service() != "iam" || !arn.region().is_empty() || !is_iam_path_and_name(name, 64) {
            return Err(InvalidArn::NotRole);
        }
        let account = arn.account().parse().map_err(|_invalid| InvalidArn::Account)?;
        Ok(Self { text: text.to_owned(), partition, account })
    }
}

/// The ARN of a managed IAM policy: a customer managed policy or an AWS managed policy.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PolicyArn {
    text: String,
    partition: Partition,
}

define_text_type!(PolicyArn);

impl PolicyArn {
    pub const fn partition(&self) -> Partition {
        self.partition
    }

    /// Returns the id of the policy's AWS account, or `aws` for an AWS managed policy.
    pub fn account(&self) -> &str {
        Arn::parse(&self.text).map_or("", Arn::account)
    }

    /// Returns the name of the policy without its path.
    pub fn name(&self) -> &str {
        self.text.rsplit_once('/').map_or("", |(_path, name)| name)
    }
}

impl FromStr for PolicyArn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (arn, partition) = parse_arn_in_served_partition(text)?;
        let name = arn.resource().strip_prefix("policy/").ok_or(InvalidArn::NotPolicy)?;
        if arn.service() != "iam" || !arn.region().is_empty() || !is_iam_path_and_name(name, 128) {
            return Err(InvalidArn::NotPolicy);
        }
        if arn.account() != "aws" && arn.account().parse::<AccountId>().is_err() {
            return Err(InvalidArn::Account);
        }
        Ok(Self { text: text.to_owned(), partition })
    }
}

/// The ARN of a secret in AWS Secrets Manager.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct SecretArn {
    text: String,
    partition: Partition,
}

define_text_type!(SecretArn);

impl SecretArn {
    pub const fn partition(&self) -> Partition {
        self.partition
    }

    /// Returns the name of the secret with the suffix that Secrets Manager adds to the ARN: a
    /// hyphen and six characters.
    pub fn name_and_suffix(&self) -> &str {
        self.text.split_once(":secret:").map_or("", |(_, name)| name)
    }

    pub fn region(&self) -> &str {
        Arn::parse(&self.text).map_or("", Arn::region)
    }
}

impl FromStr for SecretArn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (arn, partition) = parse_arn_in_served_partition(text)?;
        let name = arn.resource().strip_prefix("secret:").ok_or(InvalidArn::NotSecret)?;
        if arn.service() != "secretsmanager" || arn.region().is_empty() || name.is_empty() {
            return Err(InvalidArn::NotSecret);
        }
        let AccountId { .. } = arn.account().parse().map_err(|_invalid| InvalidArn::Account)?;
        Ok(Self { text: text.to_owned(), partition })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_that_is_not_of_an_iam_role_is_rejected() {
        let role: RoleArn =
            "arn:aws-us-gov:iam::123456789012:role/team/SpectroCloudRole".parse().unwrap();
        assert_eq!(role.name(), "SpectroCloudRole");
        assert_eq!(role.account().as_str(), "123456789012");
        assert_eq!(role.partition(), Partition::AwsUsGov);
        for (text, error) in [
            ("", InvalidArn::Shape),
            ("SpectroCloudRole", InvalidArn::Shape),
            ("arn:aws:iam::123456789012", InvalidArn::Shape),
            ("arn:aws:iam::123456789012:role/Spectro Role", InvalidArn::Shape),
            ("arn:aws-cn:iam::123456789012:role/R", InvalidArn::Partition),
            ("arn:aws:iam::12345:role/R", InvalidArn::Account),
            ("arn:aws:iam::aws:role/R", InvalidArn::Account),
            ("arn:aws:iam::123456789012:user/R", InvalidArn::NotRole),
            ("arn:aws:iam::123456789012:role/", InvalidArn::NotRole),
            ("arn:aws:iam:us-east-1:123456789012:role/R", InvalidArn::NotRole),
            ("arn:aws:sts::123456789012:assumed-role/R/s", InvalidArn::NotRole),
            ("arn:aws:iam::123456789012:policy/R", InvalidArn::NotRole),
        ] {
            assert_eq!(text.parse::<RoleArn>(), Err(error), "{text}");
        }
    }

    #[test]
    fn an_arn_that_is_not_of_an_iam_policy_is_rejected() {
        for text in [
            "arn:aws:iam::123456789012:policy/PaletteControllerPolicy",
            "arn:aws-iso-b:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy",
        ] {
            assert_eq!(text.parse::<PolicyArn>().unwrap().as_str(), text);
        }
        for (text, error) in [
            ("arn:aws:iam::123456789012:role/R", InvalidArn::NotPolicy),
            ("arn:aws:iam::me:policy/P", InvalidArn::Account),
            ("arn:aws:s3::123456789012:policy/P", InvalidArn::NotPolicy),
        ] {
            assert_eq!(text.parse::<PolicyArn>(), Err(error), "{text}");
        }
    }

    #[test]
    fn an_arn_that_is_not_of_a_secret_with_a_region_is_rejected() {
        let arn =
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:gangway/incoming/tenant/x-AbCdEf";
        let secret: SecretArn = arn.parse().unwrap();
        assert_eq!(secret.region(), "eu-west-1");
        assert_eq!(secret.name_and_suffix(), "gangway/incoming/tenant/x-AbCdEf");
        for text in [
            "arn:aws:secretsmanager::123456789012:secret:x",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:",
            "arn:aws:ssm:eu-west-1:123456789012:parameter/x",
        ] {
            assert_eq!(text.parse::<SecretArn>(), Err(InvalidArn::NotSecret), "{text}");
        }
    }
}
