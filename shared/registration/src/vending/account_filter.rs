//! Which accounts come aboard.

use std::fmt;

use crate::vending::Glob;
use gangway_aws::organizations::{OuId, OuPath};

/// Which accounts come aboard: those of some units with everything below, save those of others, by name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AccountFilter {
    /// Only accounts that are in one of these. Empty for all.
    pub units_in: Vec<OuId>,
    /// No account that is in one of these, whatever else is said.
    pub units_out: Vec<OuId>,
    /// Only accounts of such names.
    pub names: Glob,
}

/// Why an account does not come aboard.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ExclusionReason {
    /// It is in a unit that is left out.
    ExcludedOu,
    /// It is in none of the units that come aboard.
    NoIncludedOu,
    /// Its name is not one of those that come aboard.
    Name,
    /// It is the management account, which no role lets Gangway into and which should run nothing.
    Management,
}

impl ExclusionReason {
    /// In a word, for counts.
    pub const fn id(self) -> &'static str {
        match self {
            Self::ExcludedOu => "unit-left-out",
            Self::NoIncludedOu => "no-unit-chosen",
            Self::Name => "name-not-chosen",
            Self::Management => "management-account",
        }
    }
}

impl fmt::Display for ExclusionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ExcludedOu => "it is in an organizational unit that GANGWAY_EXCLUDE_OUS leaves out",
            Self::NoIncludedOu => "it is in none of the organizational units of GANGWAY_INCLUDE_OUS",
            Self::Name => "its name is not as GANGWAY_ACCOUNT_NAME_FILTER says",
            Self::Management => {
                "it is the organization's management account: register it by a request where it is to be aboard"
            }
        })
    }
}

impl AccountFilter {
    /// Whether an account's units matter, so that they have to be looked up.
    pub fn needs_ou_path(&self) -> bool {
        !self.units_in.is_empty() || !self.units_out.is_empty()
    }

    /// Whether every account comes aboard, so that nothing has to be known of one.
    pub fn matches_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Why an account of this name in these units does not come aboard; `Ok` where it does.
    pub fn exclusion_reason(&self, name: &str, lineage: &OuPath) -> Result<(), ExclusionReason> {
        let is_in = |units: &[OuId]| lineage.iter().any(|unit| units.contains(unit));
        if is_in(&self.units_out) {
            Err(ExclusionReason::ExcludedOu)
        } else if !self.units_in.is_empty() && !is_in(&self.units_in) {
            Err(ExclusionReason::NoIncludedOu)
        } else if self.names.matches(name) {
            Ok(())
        } else {
            Err(ExclusionReason::Name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_counts_with_everything_below_and_out_beats_in() {
        let [root, work, prod, lab] =
            ["r-abcd", "ou-abcd-workload", "ou-abcd-prodprod", "ou-abcd-lablabla"]
                .map(|unit| unit.parse::<OuId>().unwrap());
        let line = |units: &[&OuId]| {
            OuPath::from_parent_first(units.iter().map(|unit| (*unit).clone()).collect())
        };
        let unplaced = line(&[&root]);
        let in_prod = line(&[&prod, &work, &root]);
        let in_lab = line(&[&lab, &root]);
        let all = AccountFilter::default();
        let only_work = AccountFilter { units_in: vec![work.clone()], ..AccountFilter::default() };
        let work_without_prod =
            AccountFilter { units_out: vec![prod.clone()], ..only_work.clone() };
        let teams = AccountFilter { names: "team-*".parse().unwrap(), ..AccountFilter::default() };
        for (choice, name, lineage, expected) in [
            (&all, "x", &unplaced, Ok(())),
            (&only_work, "x", &in_prod, Ok(())),
            (&only_work, "x", &unplaced, Err(ExclusionReason::NoIncludedOu)),
            (&only_work, "x", &in_lab, Err(ExclusionReason::NoIncludedOu)),
            (&work_without_prod, "x", &in_prod, Err(ExclusionReason::ExcludedOu)),
            (&work_without_prod, "x", &line(&[&work, &root]), Ok(())),
            (&teams, "team-a", &in_lab, Ok(())),
            (&teams, "lab", &in_lab, Err(ExclusionReason::Name)),
        ] {
            assert_eq!(
                choice.exclusion_reason(name, lineage),
                expected,
                "{choice:?} {name} {lineage:?}"
            );
        }
        assert!(!all.needs_ou_path() && only_work.needs_ou_path());
        assert!(
            all.matches_everything()
                && !only_work.matches_everything()
                && !teams.matches_everything()
        );
    }
}
