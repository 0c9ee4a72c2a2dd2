//! What account vending and the sweep are both told by variables.

use std::str::FromStr;

use crate::Variables;
use gangway_aws::organizations::UnitId;
use gangway_model::{Partition, RoleArn};

use crate::vending::{Choice, Glob, NamePattern, Scopes};

/// Which accounts come aboard, where to, and what becomes of those that are closed. Each field names its variable.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `GANGWAY_MANAGEMENT_ROLE_ARN`: the role in the management account through which Organizations is asked and accounts
    /// are entered; the function's own unless told, which is then deployed in that account.
    pub management_role: Option<RoleArn>,
    /// `GANGWAY_OUS_IN`, `GANGWAY_OUS_OUT`, `GANGWAY_ACCOUNT_NAMES`: which accounts come aboard; all unless told.
    pub choice: Choice,
    /// `GANGWAY_SCOPES`: whose they are to be; the tenant's unless told.
    pub scopes: Scopes,
    /// `GANGWAY_PALETTE_NAME`: what Palette is to call them; `aws-{accountId}` unless told.
    pub names: NamePattern,
    /// `GANGWAY_OFFBOARDING`: what becomes of the accounts of closed ones; `report` unless told.
    pub offboarding: Offboarding,
}

/// What becomes of a Palette account whose AWS account is closed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Offboarding {
    /// It stays; people are told.
    #[default]
    Report,
    /// It is removed.
    Remove,
}

/// Neither of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be report or remove")]
pub struct InvalidOffboarding;

impl FromStr for Offboarding {
    type Err = InvalidOffboarding;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "report" => Ok(Self::Report),
            "remove" => Ok(Self::Remove),
            _ => Err(InvalidOffboarding),
        }
    }
}

const UNITS: &str = "must be ids of organizational units with commas between them, such as ou-abcd-12345678,ou-abcd-87654321";
const SCOPES: &str = "must be entries such as ou-abcd-12345678=tenant or ou-abcd-87654321=project:<uid or name> with commas between them";

impl Settings {
    /// Reads the variables; their faults stay with the reader. `None` where there is one.
    pub fn read<V>(variables: &mut Variables<V>, partition: Partition) -> Option<Self>
    where
        V: Fn(&str) -> Option<String>,
    {
        const ROLE: &str = "GANGWAY_MANAGEMENT_ROLE_ARN";
        const NAMED: &str = "GANGWAY_SCOPES";
        let before = variables.faults();
        let management_role = variables.optional::<RoleArn>(ROLE);
        if management_role.as_ref().is_some_and(|role| role.partition() != partition) {
            variables.fault(ROLE, format_args!("must be the ARN of a role in {partition}"));
        }
        let unit = |entry: &str| entry.parse::<UnitId>().ok();
        let choice = Choice {
            units_in: variables.list("GANGWAY_OUS_IN", UNITS, unit),
            units_out: variables.list("GANGWAY_OUS_OUT", UNITS, unit),
            names: variables.optional::<Glob>("GANGWAY_ACCOUNT_NAMES").unwrap_or_default(),
        };
        let scopes = variables.list(NAMED, SCOPES, Scopes::entry);
        for (place, (unit, _)) in scopes.iter().enumerate() {
            if scopes.iter().take(place).any(|(earlier, _)| earlier == unit) {
                variables.fault(NAMED, "must name each organizational unit once");
            }
        }
        let scopes = Scopes(scopes);
        let names = variables.optional("GANGWAY_PALETTE_NAME").unwrap_or_default();
        let offboarding = variables.optional("GANGWAY_OFFBOARDING").unwrap_or_default();
        (variables.faults() == before).then_some(Self {
            management_role,
            choice,
            scopes,
            names,
            offboarding,
        })
    }

    /// Whether the units that an account is in matter at all, so that they have to be looked up.
    pub fn ask_for_units(&self) -> bool {
        self.choice.asks_for_units() || self.scopes.asks_for_units()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (Option<Settings>, Vec<String>) {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        let mut variables =
            Variables::new(|name: &str| find(name).map(|(_, value)| (*value).to_owned()));
        let settings = Settings::read(&mut variables, Partition::Aws);
        (settings, variables.finish().into_iter().map(|fault| fault.pointer).collect())
    }

    #[test]
    fn nothing_has_to_be_told() {
        let (settings, faults) = read(&[("GANGWAY_OUS_IN", "")]);
        let settings = settings.unwrap();
        assert!(faults.is_empty() && !settings.ask_for_units());
        assert_eq!(settings.names.to_string(), "aws-{accountId}");
        assert_eq!(settings.offboarding, Offboarding::Report);
    }

    #[test]
    fn everything_can_be_told() {
        let (settings, faults) = read(&[
            ("GANGWAY_MANAGEMENT_ROLE_ARN", "arn:aws:iam::123456789012:role/gangway/Management"),
            ("GANGWAY_OUS_IN", "ou-abcd-12345678, ou-abcd-87654321"),
            ("GANGWAY_OUS_OUT", "ou-abcd-99999999"),
            ("GANGWAY_ACCOUNT_NAMES", "team-*"),
            ("GANGWAY_PALETTE_NAME", "{accountName}"),
            ("GANGWAY_SCOPES", "ou-abcd-12345678=project:Payments,r-abcd=tenant"),
            ("GANGWAY_OFFBOARDING", "remove"),
        ]);
        assert!(faults.is_empty(), "{faults:?}");
        let settings = settings.unwrap();
        assert_eq!(settings.choice.units_in.len(), 2);
        assert_eq!(settings.offboarding, Offboarding::Remove);
        assert!(settings.ask_for_units() && settings.names.names_accounts());
    }

    #[test]
    fn every_fault_names_its_variable() {
        for (name, values) in [
            (
                "GANGWAY_MANAGEMENT_ROLE_ARN",
                &["Management", "arn:aws-us-gov:iam::123456789012:role/Management"][..],
            ),
            ("GANGWAY_OUS_IN", &["Workloads", "ou-abcd-12345678;ou-abcd-87654321", ","]),
            ("GANGWAY_OUS_OUT", &["ou-abcd-12345678,,"]),
            ("GANGWAY_ACCOUNT_NAMES", &["a\nb"]),
            ("GANGWAY_PALETTE_NAME", &["aws", "{account}", "a b"]),
            (
                "GANGWAY_SCOPES",
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
