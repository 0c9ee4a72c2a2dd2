//! What account vending and the sweep are both told by variables.

use std::str::FromStr;

use crate::EnvReader;
use gangway_aws::organizations::OuId;
use gangway_model::{Partition, RoleArn};

use crate::vending::{AccountFilter, Glob, NameTemplate, OuScopeMap};

/// Which accounts come aboard, where to, and what becomes of those that are closed. Each field names its variable.
#[derive(Clone, Debug)]
pub struct VendingConfig {
    /// `GANGWAY_MANAGEMENT_ROLE_ARN`: the role in the management account through which Organizations is asked and accounts
    /// are entered; the function's own unless told, which is then deployed in that account.
    pub management_role: Option<RoleArn>,
    /// `GANGWAY_INCLUDE_OUS`, `GANGWAY_EXCLUDE_OUS`, `GANGWAY_ACCOUNT_NAME_FILTER`: which accounts come aboard; all unless told.
    pub choice: AccountFilter,
    /// `GANGWAY_OU_SCOPE_MAP`: whose they are to be; the tenant's unless told.
    pub scopes: OuScopeMap,
    /// `GANGWAY_ACCOUNT_NAME_TEMPLATE`: what Palette is to call them; `aws-{accountId}` unless told.
    pub names: NameTemplate,
    /// `GANGWAY_OFFBOARDING`: what becomes of the accounts of closed ones; `report` unless told.
    pub offboarding: OffboardingPolicy,
}

/// What becomes of a Palette account whose AWS account is closed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum OffboardingPolicy {
    /// It stays; people are told.
    #[default]
    Report,
    /// It is removed.
    Remove,
}

/// Neither of them.
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

const UNITS: &str = "must be ids of organizational units with commas between them, such as ou-abcd-12345678,ou-abcd-87654321";
const SCOPES: &str = "must be entries such as ou-abcd-12345678=tenant or ou-abcd-87654321=project:<uid or name> with commas between them";

impl VendingConfig {
    /// Reads the variables; their faults stay with the reader. `None` where there is one.
    pub fn from_variables<V>(variables: &mut EnvReader<V>, partition: Partition) -> Option<Self>
    where
        V: Fn(&str) -> Option<String>,
    {
        const ROLE: &str = "GANGWAY_MANAGEMENT_ROLE_ARN";
        const NAMED: &str = "GANGWAY_OU_SCOPE_MAP";
        let before = variables.error_count();
        let management_role = variables.optional::<RoleArn>(ROLE);
        if management_role.as_ref().is_some_and(|role| role.partition() != partition) {
            variables.add_error(ROLE, format_args!("must be the ARN of a role in {partition}"));
        }
        let unit = |entry: &str| entry.parse::<OuId>().ok();
        let choice = AccountFilter {
            units_in: variables.list("GANGWAY_INCLUDE_OUS", UNITS, unit),
            units_out: variables.list("GANGWAY_EXCLUDE_OUS", UNITS, unit),
            names: variables.optional::<Glob>("GANGWAY_ACCOUNT_NAME_FILTER").unwrap_or_default(),
        };
        let scopes = variables.list(NAMED, SCOPES, OuScopeMap::entry);
        for (place, (unit, _)) in scopes.iter().enumerate() {
            if scopes.iter().take(place).any(|(earlier, _)| earlier == unit) {
                variables.add_error(NAMED, "must name each organizational unit once");
            }
        }
        let scopes = OuScopeMap(scopes);
        let names = variables.optional("GANGWAY_ACCOUNT_NAME_TEMPLATE").unwrap_or_default();
        let offboarding = variables.optional("GANGWAY_OFFBOARDING").unwrap_or_default();
        (variables.error_count() == before).then_some(Self {
            management_role,
            choice,
            scopes,
            names,
            offboarding,
        })
    }

    /// Whether the units that an account is in matter at all, so that they have to be looked up.
    pub fn needs_ou_path(&self) -> bool {
        self.choice.needs_ou_path() || self.scopes.needs_ou_path()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (Option<VendingConfig>, Vec<String>) {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        let mut variables =
            EnvReader::new(|name: &str| find(name).map(|(_, value)| (*value).to_owned()));
        let settings = VendingConfig::from_variables(&mut variables, Partition::Aws);
        (settings, variables.into_errors().into_iter().map(|fault| fault.pointer).collect())
    }

    #[test]
    fn nothing_has_to_be_told() {
        let (settings, faults) = read(&[("GANGWAY_INCLUDE_OUS", "")]);
        let settings = settings.unwrap();
        assert!(faults.is_empty() && !settings.needs_ou_path());
        assert_eq!(settings.names.to_string(), "aws-{accountId}");
        assert_eq!(settings.offboarding, OffboardingPolicy::Report);
    }

    #[test]
    fn everything_can_be_told() {
        let (settings, faults) = read(&[
            ("GANGWAY_MANAGEMENT_ROLE_ARN", "arn:aws:iam::123456789012:role/gangway/Management"),
            ("GANGWAY_INCLUDE_OUS", "ou-abcd-12345678, ou-abcd-87654321"),
            ("GANGWAY_EXCLUDE_OUS", "ou-abcd-99999999"),
            ("GANGWAY_ACCOUNT_NAME_FILTER", "team-*"),
            ("GANGWAY_ACCOUNT_NAME_TEMPLATE", "{accountName}"),
            ("GANGWAY_OU_SCOPE_MAP", "ou-abcd-12345678=project:Payments,r-abcd=tenant"),
            ("GANGWAY_OFFBOARDING", "remove"),
        ]);
        assert!(faults.is_empty(), "{faults:?}");
        let settings = settings.unwrap();
        assert_eq!(settings.choice.units_in.len(), 2);
        assert_eq!(settings.offboarding, OffboardingPolicy::Remove);
        assert!(settings.needs_ou_path() && settings.names.uses_account_name());
    }

    #[test]
    fn every_fault_names_its_variable() {
        for (name, values) in [
            (
                "GANGWAY_MANAGEMENT_ROLE_ARN",
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
                let (settings, faults) = read(&[(name, value), ("GANGWAY_OFFBOARDING_", "x")]);
                assert!(settings.is_none(), "{name}={value}");
                assert!(!faults.is_empty() && faults.iter().all(|fault| fault == name), "{name}");
            }
        }
    }
}
