//! The configuration that the functions `account-vended` and `account-sweep` share, from
//! environment variables.

use std::str::FromStr;

use crate::EnvReader;
use gangway_aws::{
    AwsSession,
    organizations::{OrganizationsClient, OuId},
};
use gangway_model::{Partition, RoleArn, UpstreamError};

use crate::vending::{AccountFilter, Glob, NameTemplate, OuScopeMap};

/// The configuration of automatic registration. The comment of each field names its environment
/// variable.
#[derive(Clone, Debug)]
pub struct VendingConfig {
    /// `GANGWAY_ORGANIZATIONS_ROLE_ARN`: the management role that the function assumes to call
    /// Organizations. Default: the function uses its own role, for deployments in the management
    /// account.
    pub organizations_role: Option<RoleArn>,
    /// `GANGWAY_ACCOUNT_ACCESS_EXTERNAL_ID`: the external id that the management roles and the
    /// access roles require. Default: none.
    pub external_id: Option<String>,
    /// `GANGWAY_INCLUDE_OUS`, `GANGWAY_EXCLUDE_OUS`, `GANGWAY_ACCOUNT_NAME_FILTER`: which
    /// accounts are registered. Default: all.
    pub account_filter: AccountFilter,
    /// `GANGWAY_OU_SCOPE_MAP`: the Palette scope of accounts, by OU. Default: the tenant.
    pub ou_scope_map: OuScopeMap,
    /// `GANGWAY_ACCOUNT_NAME_TEMPLATE`: template for the names of accounts in Palette. Default
    /// `aws-{accountId}`.
    pub name_template: NameTemplate,
    /// `GANGWAY_OFFBOARDING`: what Gangway does with the accounts in Palette of closed AWS
    /// accounts. Default `report`.
    pub offboarding: OffboardingPolicy,
}

/// What Gangway does with an account in Palette whose AWS account is closed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum OffboardingPolicy {
    /// Keeps the account, and reports it.
    #[default]
    Report,
    /// Removes the account from Palette.
    Remove,
}

/// Error of a text that is not an offboarding policy. The message is the rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be report or remove")]
pub struct InvalidOffboardingPolicy;

impl FromStr for OffboardingPolicy {
    type Err = InvalidOffboardingPolicy;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "report" => Ok(Self::Report),
            "remove" => Ok(Self::Remove),
            _ => Err(InvalidOffboardingPolicy),
        }
    }
}

const OU_IDS_RULE: &str =
    "must be comma-separated ids of OUs, such as ou-abcd-12345678,ou-abcd-87654321";
const OU_SCOPE_MAP_RULE: &str = "must be comma-separated entries such as ou-abcd-12345678=tenant or ou-abcd-87654321=project:<uid or name>";

impl VendingConfig {
    /// Reads the variables. Records errors in `variables`, and returns `None` after an error.
    pub fn from_variables<V>(variables: &mut EnvReader<V>, partition: Partition) -> Option<Self>
    where
        V: Fn(&str) -> Option<String>,
    {
        const OU_SCOPE_MAP: &str = "GANGWAY_OU_SCOPE_MAP";
        let before = variables.error_count();
        let organizations_role =
            Self::role_in(variables, "GANGWAY_ORGANIZATIONS_ROLE_ARN", partition);
        let external_id = variables.optional("GANGWAY_ACCOUNT_ACCESS_EXTERNAL_ID");
        let parse_ou = |entry: &str| entry.parse::<OuId>().ok();
        let account_filter = AccountFilter {
            include_ous: variables.list("GANGWAY_INCLUDE_OUS", OU_IDS_RULE, parse_ou),
            exclude_ous: variables.list("GANGWAY_EXCLUDE_OUS", OU_IDS_RULE, parse_ou),
            name_pattern: variables
                .optional::<Glob>("GANGWAY_ACCOUNT_NAME_FILTER")
                .unwrap_or_default(),
        };
        let entries = variables.list(OU_SCOPE_MAP, OU_SCOPE_MAP_RULE, OuScopeMap::parse_entry);
        for (index, (ou, _)) in entries.iter().enumerate() {
            if entries.iter().take(index).any(|(earlier, _)| earlier == ou) {
                variables.add_error(OU_SCOPE_MAP, "must name each OU once");
            }
        }
        let ou_scope_map = OuScopeMap(entries);
        let name_template = variables.optional("GANGWAY_ACCOUNT_NAME_TEMPLATE").unwrap_or_default();
        let offboarding = variables.optional("GANGWAY_OFFBOARDING").unwrap_or_default();
        (variables.error_count() == before).then_some(Self {
            organizations_role,
            external_id,
            account_filter,
            ou_scope_map,
            name_template,
            offboarding,
        })
    }

    /// Reads the variable `name`, the ARN of a role. Records an error if the role is in another
    /// partition.
    pub fn role_in<V>(
        variables: &mut EnvReader<V>,
        name: &str,
        partition: Partition,
    ) -> Option<RoleArn>
    where
        V: Fn(&str) -> Option<String>,
    {
        let role = variables.optional::<RoleArn>(name);
        if role.as_ref().is_some_and(|role| role.partition() != partition) {
            variables.add_error(name, format_args!("must be the ARN of a role in {partition}"));
        }
        role
    }

    /// Returns a client for Organizations. The client uses `organizations_role`, or the function's
    /// own role if there is none.
    pub async fn organizations(
        &self,
        aws: &AwsSession,
    ) -> Result<OrganizationsClient, UpstreamError> {
        let Some(role) = &self.organizations_role else {
            return Ok(OrganizationsClient::new(aws));
        };
        let session = aws.assume_role(role, self.external_id.as_deref()).await?;
        Ok(OrganizationsClient::new(&session))
    }

    /// Returns `true` if the filter or the scope map needs the OU path of accounts, so that the
    /// caller must read it.
    pub fn needs_ou_path(&self) -> bool {
        self.account_filter.needs_ou_path() || self.ou_scope_map.needs_ou_path()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_config(variables: &[(&str, &str)]) -> (Option<VendingConfig>, Vec<String>) {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        let mut variables =
            EnvReader::new(|name: &str| find(name).map(|(_, value)| (*value).to_owned()));
        let config = VendingConfig::from_variables(&mut variables, Partition::Aws);
        (config, variables.into_errors().into_iter().map(|error| error.pointer).collect())
    }

    #[test]
    fn every_variable_is_optional() {
        let (config, errors) = read_config(&[("GANGWAY_INCLUDE_OUS", "")]);
        let config = config.unwrap();
        assert!(errors.is_empty() && !config.needs_ou_path());
        assert_eq!(config.name_template.to_string(), "aws-{accountId}");
        assert_eq!(config.offboarding, OffboardingPolicy::Report);
    }

    #[test]
    fn every_variable_is_read() {
        let (config, errors) = read_config(&[
            (
                "GANGWAY_ORGANIZATIONS_ROLE_ARN",
                "arn:aws:iam::123456789012:role/gangway/Organizations",
            ),
            ("GANGWAY_INCLUDE_OUS", "ou-abcd-12345678, ou-abcd-87654321"),
            ("GANGWAY_EXCLUDE_OUS", "ou-abcd-99999999"),
            ("GANGWAY_ACCOUNT_NAME_FILTER", "team-*"),
            ("GANGWAY_ACCOUNT_NAME_TEMPLATE", "{accountName}"),
            ("GANGWAY_OU_SCOPE_MAP", "ou-abcd-12345678=project:Payments,r-abcd=tenant"),
            ("GANGWAY_OFFBOARDING", "remove"),
        ]);
        assert!(errors.is_empty(), "{errors:?}");
        let config = config.unwrap();
        assert_eq!(config.account_filter.include_ous.len(), 2);
        assert_eq!(config.offboarding, OffboardingPolicy::Remove);
        assert!(config.needs_ou_path() && config.name_template.uses_account_name());
    }

    #[test]
    fn every_error_names_its_variable() {
        for (name, values) in [
            (
                "GANGWAY_ORGANIZATIONS_ROLE_ARN",
                &["Management", "arn:aws-us-gov:iam::123456789012:role/Management"][..],
            ),
            ("GANGWAY_INCLUDE_OUS", &["Workloads", "ou-abcd-12345678;ou-abcd-87654321", ","]),
            ("GANGWAY_EXCLUDE_OUS", &["ou-abcd-12345678,,"]),
            ("GANGWAY_ACCOUNT_NAME_FILTER", &["a\nb"]),
            ("GANGWAY_ACCOUNT_NAME_TEMPLATE", &["aws", "{account}", "a b"]),
            (
                "GANGWAY_OU_SCOPE_MAP",
                &["ou-abcd-12345678", "ou-abcd-12345678=tenant,ou-abcd-12345678=project:a"],
            ),
            ("GANGWAY_OFFBOARDING", &["delete", "Remove"]),
        ] {
            for value in values {
                let (config, errors) = read_config(&[(name, value), ("GANGWAY_OFFBOARDING_", "x")]);
                assert!(config.is_none(), "{name}={value}");
                assert!(!errors.is_empty() && errors.iter().all(|error| error == name), "{name}");
            }
        }
    }
}
