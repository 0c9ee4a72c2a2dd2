use crate::{CloudAccount, Identity, Operation, Registration};

/// The accounts of Palette that a request names.
#[derive(Clone, Debug, Default)]
pub struct ExistingAccounts {
    /// The account with the uid of a `PUT` request.
    pub by_uid: Option<CloudAccount>,
    /// The account with the requested name, in the requested scope.
    pub by_name: Option<CloudAccount>,
}

impl ExistingAccounts {
    /// Returns the account that the operation updates, or `None` if it creates one.
    pub fn target_account(&self, operation: &Operation) -> Option<&CloudAccount> {
        match operation {
            Operation::Validate | Operation::Register => self.by_name.as_ref(),
            Operation::Replace(_) => self.by_uid.as_ref(),
        }
    }

    /// Returns why the registration cannot have its name, or `None` if it can.
    pub fn name_conflict(
        &self,
        operation: &Operation,
        registration: &Registration,
    ) -> Option<String> {
        let same_name = self.by_name.as_ref()?;
        let name = &registration.name;
        match operation {
            Operation::Replace(uid) if same_name.uid == *uid => None,
            Operation::Replace(_) => {
                Some(format!("the name {name} belongs to another account, {}", same_name.uid))
            }
            Operation::Validate | Operation::Register => {
                let uid = &same_name.uid;
                match registration.identity(same_name) {
                    Identity::Same => None,
                    Identity::Different => Some(format!(
                        "the name {name} belongs to account {uid}, which is another AWS account \
                         or uses another method"
                    )),
                    Identity::Unknown => Some(format!(
                        "the name {name} belongs to account {uid}, and neither Palette nor \
                         Gangway's secrets show that it is the same AWS account"
                    )),
                }
            }
        }
    }
}
