//! What Palette already has, and whether the name that a request asks for can be had.

use crate::{Check, CloudAccount, Finding, Intent, Registration, Severity};

/// What Palette already has of what a request names.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The account of the uid that was named.
    pub target: Option<CloudAccount>,
    /// The account of the name that was asked for.
    pub namesake: Option<CloudAccount>,
}

/// The name is free, or belongs to this very account.
pub static NAME_FREE: Check = Check {
    id: "palette.name-available",
    title: "The account name is free in its scope, or already names this account",
    severity: Severity::Blocker,
    covers: &["C02"],
};

impl Known {
    /// The account that the request is about, where there is one.
    pub fn current(&self, intent: &Intent) -> Option<&CloudAccount> {
        match intent {
            Intent::Validate | Intent::Register => self.namesake.as_ref(),
            Intent::Replace(_) => self.target.as_ref(),
        }
    }

    /// Why the registration may not have the name it asks for.
    pub(crate) fn conflict(&self, intent: &Intent, registration: &Registration) -> Option<String> {
        let namesake = self.namesake.as_ref()?;
        let name = &registration.name;
        match intent {
            Intent::Replace(uid) if namesake.uid == *uid => None,
            Intent::Replace(_) => {
                Some(format!("the name {name} belongs to another account, {}", namesake.uid))
            }
            Intent::Validate | Intent::Register if registration.identifies(namesake) => None,
            Intent::Validate | Intent::Register => Some(format!(
                "the name {name} belongs to account {}, which is another AWS account or is reached by another method",
                namesake.uid
            )),
        }
    }

    /// The answer to [`NAME_FREE`] (C02).
    pub fn name_finding(&self, intent: &Intent, registration: Option<&Registration>) -> Finding {
        let Some(registration) = registration else {
            return match &self.namesake {
                None => NAME_FREE.passed("no account of this name"),
                Some(known) => NAME_FREE.unverified(
                    format!(
                        "account {} has this name; whether it is the same is not known",
                        known.uid
                    ),
                    "mend the checks that tell which AWS account this is",
                ),
            };
        };
        match (self.conflict(intent, registration), self.current(intent)) {
            (Some(conflict), _) => NAME_FREE.failed(
                conflict,
                "choose another name, or PUT to that uid if the account is to be replaced",
            ),
            (None, Some(known)) => NAME_FREE
                .passed(format!("account {} is this one and would be kept or updated", known.uid)),
            (None, None) => NAME_FREE.passed("no account of this name"),
        }
    }
}
