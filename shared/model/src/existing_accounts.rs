use crate::{CloudAccount, Identity, Operation, Registration};

/// The cloud accounts in Palette that a request names, before Gangway changes anything.
#[derive(Clone, Debug, Default)]
pub struct ExistingAccounts {
    /// The cloud account that has the uid in the path of a `PUT` request.
    pub by_uid: Option<CloudAccount>,
    /// The cloud account that has the requested name and scope.
    pub by_name: Option<CloudAccount>,
}

impl ExistingAccounts {
    /// Returns the cloud account that the operation updates, or `None` if the operation creates a
    /// new one.
    pub fn target_account(&self, operation: &Operation) -> Option<&CloudAccount> {
        match operation {
            Operation::Validate | Operation::Register => self.by_name.as_ref(),
            Operation::Replace(_) => self.by_uid.as_ref(),
        }
    }

    /// Returns an error message if the requested name belongs to a different cloud account, or
    /// `None` if the registration can use the name.
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
