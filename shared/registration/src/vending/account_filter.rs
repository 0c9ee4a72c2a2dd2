//! The filter that selects the accounts which are registered automatically.

use std::fmt;

use crate::vending::Glob;
use gangway_aws::organizations::{OuId, OuPath};

/// Selects accounts by their OU and name. An OU includes all OUs below it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AccountFilter {
    /// Only accounts in one of these OUs are registered. If the list is empty, accounts in all OUs
    /// are.
    pub include_ous: Vec<OuId>,
    /// Accounts in one of these OUs are not registered, even if `include_ous` has their OU.
    pub exclude_ous: Vec<OuId>,
    /// Only accounts whose name matches this pattern are registered.
    pub name_pattern: Glob,
}

/// Reason why an account is not registered automatically.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ExclusionReason {
    /// The account is in an excluded OU.
    ExcludedOu,
    /// The account is in none of the included OUs.
    NoIncludedOu,
    /// The name of the account does not match the pattern.
    Name,
    /// The account is the management account. It has no role that Gangway can assume, and should
    /// run no workloads.
    Management,
}

impl ExclusionReason {
    /// Returns the identifier of this reason in the sweep's report.
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
            Self::ExcludedOu => "it is in an OU of GANGWAY_EXCLUDE_OUS",
            Self::NoIncludedOu => "it is in none of the OUs of GANGWAY_INCLUDE_OUS",
            Self::Name => "its name does not match GANGWAY_ACCOUNT_NAME_FILTER",
            Self::Management => {
                "it is the organization's management account: send a request to register it"
            }
        })
    }
}

impl AccountFilter {
    /// Returns `true` if the filter needs the OU path of an account, so that the caller must read
    /// it.
    pub fn needs_ou_path(&self) -> bool {
        !self.include_ous.is_empty() || !self.exclude_ous.is_empty()
    }

    /// Returns `true` if the filter selects every account.
    pub fn matches_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Returns `Ok` if the filter selects an account with this name in these OUs. Otherwise returns
    /// the reason why not.
    pub fn exclusion_reason(&self, name: &str, ou_path: &OuPath) -> Result<(), ExclusionReason> {
        let is_in = |ous: &[OuId]| ou_path.iter().any(|ou| ous.contains(ou));
        if is_in(&self.exclude_ous) {
            Err(ExclusionReason::ExcludedOu)
        } else if !self.include_ous.is_empty() && !is_in(&self.include_ous) {
            Err(ExclusionReason::NoIncludedOu)
        } else if self.name_pattern.matches(name) {
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
    fn an_ou_includes_lower_ous_and_excluded_ous_take_precedence() {
        let [root, work, prod, lab] =
            ["r-abcd", "ou-abcd-workload", "ou-abcd-prodprod", "ou-abcd-lablabla"]
                .map(|ou| ou.parse::<OuId>().unwrap());
        let path =
            |ous: &[&OuId]| OuPath::from_parent_first(ous.iter().map(|ou| (*ou).clone()).collect());
        let in_root = path(&[&root]);
        let in_prod = path(&[&prod, &work, &root]);
        let in_lab = path(&[&lab, &root]);
        let all = AccountFilter::default();
        let only_work =
            AccountFilter { include_ous: vec![work.clone()], ..AccountFilter::default() };
        let work_without_prod =
            AccountFilter { exclude_ous: vec![prod.clone()], ..only_work.clone() };
        let teams =
            AccountFilter { name_pattern: "team-*".parse().unwrap(), ..AccountFilter::default() };
        for (filter, name, ou_path, expected) in [
            (&all, "x", &in_root, Ok(())),
            (&only_work, "x", &in_prod, Ok(())),
            (&only_work, "x", &in_root, Err(ExclusionReason::NoIncludedOu)),
            (&only_work, "x", &in_lab, Err(ExclusionReason::NoIncludedOu)),
            (&work_without_prod, "x", &in_prod, Err(ExclusionReason::ExcludedOu)),
            (&work_without_prod, "x", &path(&[&work, &root]), Ok(())),
            (&teams, "team-a", &in_lab, Ok(())),
            (&teams, "lab", &in_lab, Err(ExclusionReason::Name)),
        ] {
            assert_eq!(
                filter.exclusion_reason(name, ou_path),
                expected,
                "{filter:?} {name} {ou_path:?}"
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
