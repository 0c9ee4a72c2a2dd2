//! What Palette already has, and whether the name that a request asks for can be had.

use crate::{Check, CloudAccount, Finding, Operation, Registration, Severity};

/// What Palette already has of what a request names.
#[derive(Clone, Debug, Default)]
pub struct ExistingAccounts {
    /// The account of the uid that was named.
    pub by_uid: Option<CloudAccount>,
    /// The account of the name that was asked for.
    pub by_name: Option<CloudAccount>,
}

/// The name is free, or belongs to this very account.
pub static NAME_AVAILABLE: Check = Check {
    id: "palette.name-available",
    title: "The account name is free in its scope, or already names this account",
    severity: Severity::Blocker,
    covers: &["C02"],
};

impl ExistingAccounts {
    /// The account that the request is about, where there is one.
    pub fn target_account(&self, intent: &Operation) -> Option<&CloudAccount> {
        match intent {
            Operation::Validate | Operation::Register => self.by_name.as_ref(),
            Operation::Replace(_) => self.by_uid.as_ref(),
        }
    }

    /// Why the registration may not have the name it asks for.
    pub(crate) fn conflict(
        &self,
        intent: &Operation,
        registration: &Registration,
    ) -> Option<String> {
        let namesake = self.by_name.as_ref()?;
        let name = &registration.name;
        match intent {
            Operation::Replace(uid) if namesake.uid == *uid => None,
            Operation::Replace(_) => {
                Some(format!("the name {name} belongs to another account, {}", namesake.uid))
            }
            Operation::Validate | Operation::Register
                if registration.is_same_identity_as(namesake) =>
            {
                None
            }
            Operation::Validate | Operation::Register => Some(format!(
                "the name {name} belongs to account {}, which is another AWS account or is reached by another method",
                namesake.uid
            )),
        }
    }

    /// The answer to [`NAME_FREE`] (C02).
    pub fn check_name(&self, intent: &Operation, registration: Option<&Registration>) -> Finding {
        let Some(registration) = registration else {
            return match &self.by_name {
                None => NAME_AVAILABLE.passed("no account of this name"),
                Some(known) => NAME_AVAILABLE.unverified(
                    format!(
                        "account {} has this name; whether it is the same is not known",
                        known.uid
                    ),
                    "mend the checks that tell which AWS account this is",
                ),
            };
        };
        match (self.conflict(intent, registration), self.target_account(intent)) {
            (Some(conflict), _) => NAME_AVAILABLE.failed(
                conflict,
                "choose another name, or PUT to that uid if the account is to be replaced",
            ),
            (None, Some(known)) => NAME_AVAILABLE
                .passed(format!("account {} is this one and would be kept or updated", known.uid)),
            (None, None) => NAME_AVAILABLE.passed("no account of this name"),
        }
    }
}
