use std::str::FromStr;

use crate::{
    AccountId, Partition,
    text::{is_iam_name, text_type},
};

/// The fields of an Amazon Resource Name,
/// `arn:<partition>:<service>:<region>:<account>:<resource>`, as written. A field may be empty,
/// hold a wildcard, or name a partition that Palette does not serve.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Arn<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits an ARN into its fields. Returns `None` if the text does not have all six.
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

    /// Returns the partition of a text that begins like an ARN, as policies may have in place of a
    /// whole one.
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

/// The rule that an ARN violates.
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

/// Returns the fields of an ARN of a partition that Palette serves: at most 2048 printable
/// characters.
fn parse_served(text: &str) -> Result<(Arn<'_>, Partition), InvalidArn> {
    if text.len() > 2048 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(InvalidArn::Shape);
    }
    let arn = Arn::parse(text).ok_or(InvalidArn::Shape)?;
    let partition = arn.partition().parse().map_err(|_invalid| InvalidArn::Partition)?;
    Ok((arn, partition))
}

/// Returns `true` for an optional path and a name of at most `max_len` characters of IAM's set.
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

text_type!(RoleArn);

impl RoleArn {
    pub const fn partition(&self) -> Partition {
        self.partition
    }

    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Returns the role's name without its path, as calls of IAM take it.
    pub fn name(&self) -> &str {
        self.text.rsplit_once('/').map_or("", |(_path, name)| name)
    }
}

impl FromStr for RoleArn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (arn, partition) = parse_served(text)?;
        let name = arn.resource().strip_prefix("role/").ok_or(InvalidArn::NotRole)?;
        if arn.service() != "iam" || !arn.region().is_empty() || !is_iam_path_and_name(name, 64) {
            return Err(InvalidArn::NotRole);
        }
        let account = arn.account().parse().map_err(|_invalid| InvalidArn::Account)?;
        Ok(Self { text: text.to_owned(), partition, account })
    }
}

/// The ARN of a managed IAM policy: one of a customer, or one of AWS.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PolicyArn {
    text: String,
    partition: Partition,
}

text_type!(PolicyArn);

impl PolicyArn {
    pub const fn partition(&self) -> Partition {
        self.partition
    }

    /// Returns the account id, or `aws` for a policy that AWS manages.
    pub fn account(&self) -> &str {
        Arn::parse(&self.text).map_or("", Arn::account)
    }

    /// Returns the policy's name without its path.
    pub fn name(&self) -> &str {
        self.text.rsplit_once('/').map_or("", |(_path, name)| name)
    }
}

impl FromStr for PolicyArn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (arn, partition) = parse_served(text)?;
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

text_type!(SecretArn);

impl SecretArn {
    pub const fn partition(&self) -> Partition {
        self.partition
    }

    /// Returns the secret's name, followed by a hyphen and the six characters that Secrets Manager
    /// adds.
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
        let (arn, partition) = parse_served(text)?;
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
    fn role_arns_are_iam_roles_of_served_partitions() {
        let role: RoleArn =
            "arn:aws-us-gov:iam::123456789012:role/team/SpectroCloudRole".parse().unwrap();
        assert_eq!(role.name(), "SpectroCloudRole");
        assert_eq!(role.account().as_str(), "123456789012");
        assert_eq!(role.partition(), Partition::AwsUsGov);
        for (text, fault) in [
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
            assert_eq!(text.parse::<RoleArn>(), Err(fault), "{text}");
        }
    }

    #[test]
    fn policy_arns_are_of_a_customer_or_of_aws() {
        for text in [
            "arn:aws:iam::123456789012:policy/PaletteControllerPolicy",
            "arn:aws-iso-b:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy",
        ] {
            assert_eq!(text.parse::<PolicyArn>().unwrap().as_str(), text);
        }
        for (text, fault) in [
            ("arn:aws:iam::123456789012:role/R", InvalidArn::NotPolicy),
            ("arn:aws:iam::me:policy/P", InvalidArn::Account),
            ("arn:aws:s3::123456789012:policy/P", InvalidArn::NotPolicy),
        ] {
            assert_eq!(text.parse::<PolicyArn>(), Err(fault), "{text}");
        }
    }

    #[test]
    fn secret_arns_have_a_region() {
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
