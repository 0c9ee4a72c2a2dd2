//! Amazon Resource Names, as far as Gangway is told them.

use std::{fmt, str::FromStr};

use crate::{AccountId, Partition};

/// Why a text is not the ARN that was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidArn {
    /// Not six fields parted by colons, the first of them `arn`.
    #[error("must be an ARN: arn:<partition>:<service>:<region>:<account>:<resource>")]
    Shape,
    /// Its partition is not one that Palette serves.
    #[error("must be an ARN of partition aws, aws-us-gov, aws-iso-b or aws-iso")]
    Partition,
    /// Its account is not twelve digits.
    #[error("must be an ARN whose account id has 12 digits")]
    Account,
    /// An ARN, but not of a role.
    #[error("must be the ARN of an IAM role: arn:<partition>:iam::<account>:role/<name>")]
    NotRole,
    /// An ARN, but not of a managed policy.
    #[error(
        "must be the ARN of an IAM policy: arn:<partition>:iam::<account or aws>:policy/<name>"
    )]
    NotPolicy,
    /// An ARN, but not of a secret.
    #[error(
        "must be the ARN of a secret: arn:<partition>:secretsmanager:<region>:<account>:secret:<name>"
    )]
    NotSecret,
}

/// The six fields, taken apart.
struct Fields<'a> {
    partition: Partition,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Fields<'a> {
    fn read(text: &'a str) -> Result<Self, InvalidArn> {
        let clean = |byte: u8| byte.is_ascii_graphic();
        if text.len() > 2048 || !text.bytes().all(clean) {
            return Err(InvalidArn::Shape);
        }
        let mut fields = text.splitn(6, ':');
        let mut next = || fields.next().ok_or(InvalidArn::Shape);
        if next()? != "arn" {
            return Err(InvalidArn::Shape);
        }
        let (partition, service, region) = (next()?, next()?, next()?);
        let (account, resource) = (next()?, next()?);
        let partition = partition.parse().map_err(|_invalid| InvalidArn::Partition)?;
        Ok(Self { partition, service, region, account, resource })
    }
}

/// IAM names after an optional path: word characters and `+=,.@-`.
fn iam_name(path_and_name: &str, longest: usize) -> bool {
    let (path, name) = path_and_name.rsplit_once('/').unwrap_or(("", path_and_name));
    let path_ok = path.len() <= 510 && path.bytes().all(|byte| byte.is_ascii_graphic());
    let name_ok = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    path_ok && !name.is_empty() && name.len() <= longest && name.bytes().all(name_ok)
}

macro_rules! text_of_arn {
    ($type:ident) => {
        impl $type {
            /// As AWS writes it.
            pub fn as_str(&self) -> &str {
                &self.text
            }

            /// Its second field.
            pub const fn partition(&self) -> Partition {
                self.partition
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text)
            }
        }
    };
}

/// The ARN of an IAM role.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct RoleArn {
    text: String,
    partition: Partition,
    account: AccountId,
}

text_of_arn!(RoleArn);

impl RoleArn {
    /// The account it is in.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Its name, without the path: what IAM's calls take.
    pub fn name(&self) -> &str {
        self.text.rsplit_once('/').map_or("", |(_path, name)| name)
    }
}

impl FromStr for RoleArn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fields = Fields::read(text)?;
        let name = fields.resource.strip_prefix("role/").ok_or(InvalidArn::NotRole)?;
        if fields.service != "iam" || !fields.region.is_empty() || !iam_name(name, 64) {
            return Err(InvalidArn::NotRole);
        }
        let account = fields.account.parse().map_err(|_invalid| InvalidArn::Account)?;
        Ok(Self { text: text.to_owned(), partition: fields.partition, account })
    }
}

/// The ARN of a managed IAM policy, a customer's or AWS's own.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PolicyArn {
    text: String,
    partition: Partition,
}

text_of_arn!(PolicyArn);

impl PolicyArn {
    /// Its name, without the path.
    pub fn name(&self) -> &str {
        self.text.rsplit_once('/').map_or("", |(_path, name)| name)
    }
}

impl FromStr for PolicyArn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fields = Fields::read(text)?;
        let name = fields.resource.strip_prefix("policy/").ok_or(InvalidArn::NotPolicy)?;
        if fields.service != "iam" || !fields.region.is_empty() || !iam_name(name, 128) {
            return Err(InvalidArn::NotPolicy);
        }
        if fields.account != "aws" && fields.account.parse::<AccountId>().is_err() {
            return Err(InvalidArn::Account);
        }
        Ok(Self { text: text.to_owned(), partition: fields.partition })
    }
}

/// The ARN of a secret in Secrets Manager.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct SecretArn {
    text: String,
    partition: Partition,
    region: String,
}

text_of_arn!(SecretArn);

impl SecretArn {
    /// Its name, and behind a hyphen the six characters that Secrets Manager adds.
    pub fn name_and_suffix(&self) -> &str {
        self.text.split_once(":secret:").map_or("", |(_, name)| name)
    }

    /// The region it is kept in.
    pub fn region(&self) -> &str {
        &self.region
    }
}

impl FromStr for SecretArn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fields = Fields::read(text)?;
        let name = fields.resource.strip_prefix("secret:").ok_or(InvalidArn::NotSecret)?;
        if fields.service != "secretsmanager" || fields.region.is_empty() || name.is_empty() {
            return Err(InvalidArn::NotSecret);
        }
        let AccountId { .. } = fields.account.parse().map_err(|_invalid| InvalidArn::Account)?;
        let region = fields.region.to_owned();
        Ok(Self { text: text.to_owned(), partition: fields.partition, region })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f32_role_arns() {
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
    fn policy_arns_may_be_the_customers_or_those_of_aws() {
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
    fn secret_arns_tell_their_region() {
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:gangway/incoming/x-AbCdEf";
        let secret: SecretArn = arn.parse().unwrap();
        assert_eq!(secret.region(), "eu-west-1");
        assert_eq!(secret.name_and_suffix(), "gangway/incoming/x-AbCdEf");
        for text in [
            "arn:aws:secretsmanager::123456789012:secret:x",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:",
            "arn:aws:ssm:eu-west-1:123456789012:parameter/x",
        ] {
            assert_eq!(text.parse::<SecretArn>(), Err(InvalidArn::NotSecret), "{text}");
        }
    }
}
