//! Which accounts come aboard.

use std::fmt;

use crate::vending::Glob;
use gangway_aws::organizations::{Lineage, UnitId};

/// Which accounts come aboard: those of some units with everything below, save those of others, by name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Choice {
    /// Only accounts that are in one of these. Empty for all.
    pub units_in: Vec<UnitId>,
    /// No account that is in one of these, whatever else is said.
    pub units_out: Vec<UnitId>,
    /// Only accounts of such names.
    pub names: Glob,
}

/// Why an account does not come aboard.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Ignored {
    /// It is in a unit that is left out.
    UnitOut,
    /// It is in none of the units that come aboard.
    NoUnitIn,
    /// Its name is not one of those that come aboard.
    Name,
    /// It is the management account, which no role lets Gangway into and which should run nothing.
    Management,
}

impl Ignored {
    /// In a word, for counts.
    pub const fn id(self) -> &'static str {
        match self {
            Self::UnitOut => "unit-left-out",
            Self::NoUnitIn => "no-unit-chosen",
            Self::Name => "name-not-chosen",
            Self::Management => "management-account",
        }
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnitOut => "it is in an organizational unit that GANGWAY_OUS_OUT leaves out",
            Self::NoUnitIn => "it is in none of the organizational units of GANGWAY_OUS_IN",
            Self::Name => "its name is not as GANGWAY_ACCOUNT_NAMES says",
            Self::Management => {
                "it is the organization's management account: register it by a request where it is to be aboard"
            }
        })
    }
}

impl Choice {
    /// Whether an account's units matter, so that they have to be looked up.
    pub fn asks_for_units(&self) -> bool {
        !self.units_in.is_empty() || !self.units_out.is_empty()
    }

    /// Whether every account comes aboard, so that nothing has to be known of one.
    pub fn takes_all(&self) -> bool {
        *self == Self::default()
    }

    /// Why an account of this name in these units does not come aboard; `Ok` where it does.
    pub fn of(&self, name: &str, lineage: &Lineage) -> Result<(), Ignored> {
        let is_in = |units: &[UnitId]| lineage.iter().any(|unit| units.contains(unit));
        if is_in(&self.units_out) {
            Err(Ignored::UnitOut)
        } else if !self.units_in.is_empty() && !is_in(&self.units_in) {
            Err(Ignored::NoUnitIn)
        } else if self.names.matches(name) {
            Ok(())
        } else {
            Err(Ignored::Name)
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
                .map(|unit| unit.parse::<UnitId>().unwrap());
        let line = |units: &[&UnitId]| {
            Lineage::from_nearest(units.iter().map(|unit| (*unit).clone()).collect())
        };
        let unplaced = line(&[&root]);
        let in_prod = line(&[&prod, &work, &root]);
        let in_lab = line(&[&lab, &root]);
        let all = Choice::default();
        let only_work = Choice { units_in: vec![work.clone()], ..Choice::default() };
        let work_without_prod = Choice { units_out: vec![prod.clone()], ..only_work.clone() };
        let teams = Choice { names: "team-*".parse().unwrap(), ..Choice::default() };
        for (choice, name, lineage, expected) in [
            (&all, "x", &unplaced, Ok(())),
            (&only_work, "x", &in_prod, Ok(())),
            (&only_work, "x", &unplaced, Err(Ignored::NoUnitIn)),
            (&only_work, "x", &in_lab, Err(Ignored::NoUnitIn)),
            (&work_without_prod, "x", &in_prod, Err(Ignored::UnitOut)),
            (&work_without_prod, "x", &line(&[&work, &root]), Ok(())),
            (&teams, "team-a", &in_lab, Ok(())),
            (&teams, "lab", &in_lab, Err(Ignored::Name)),
        ] {
            assert_eq!(choice.of(name, lineage), expected, "{choice:?} {name} {lineage:?}");
        }
        assert!(!all.asks_for_units() && only_work.asks_for_units());
        assert!(all.takes_all() && !only_work.takes_all() && !teams.takes_all());
    }
}
