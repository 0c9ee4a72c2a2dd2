//! What users, groups and roles may do.

use serde_json::Value;

use super::{Group, Role, User};
use crate::aws::store::{self, AttachedPolicies};

/// Where an account keeps somebody's grants.
type FindGrants = for<'a> fn(&'a mut store::Account, &str) -> Option<&'a mut AttachedPolicies>;

/// What users, groups and roles have in common.
macro_rules! holds_grants {
    ($holder:ident, $change:expr) => {
        impl $holder {
            fn change(&self, change: impl FnOnce(&mut AttachedPolicies)) -> &Self {
                let mut store = self.account.aws.store();
                let account = store.account_mut(&self.account.home);
                let find: FindGrants = $change;
                if let Some(grants) = find(account, &self.name) {
                    change(grants);
                }
                drop(store);
                self
            }

            /// Attaches a managed policy by ARN.
            ///
            /// # Panics
            /// Where there is none.
            pub fn attach(&self, arn: &str) -> &Self {
                assert!(
                    self.account.aws.store().policy(&self.account.home, arn).is_some(),
                    "no policy {arn}"
                );
                self.change(|grants| {
                    if !grants.attached.iter().any(|one| one == arn) {
                        grants.attached.push(arn.to_owned());
                    }
                })
            }

            /// Detaches a managed policy.
            pub fn detach(&self, arn: &str) -> &Self {
                self.change(|grants| grants.attached.retain(|one| one != arn))
            }

            /// Gives it an inline policy.
            ///
            /// # Panics
            /// For a document that IAM would refuse.
            pub fn inline(&self, name: &str, document: &Value) -> &Self {
                let text = self.account.parse_identity_policy(document);
                self.change(|grants| drop(grants.inline.insert(name.to_owned(), text)))
            }

            /// Sets its permissions boundary: the ARN of a policy.
            pub fn boundary(&self, arn: &str) -> &Self {
                self.change(|grants| grants.boundary = Some(arn.to_owned()))
            }

            /// Attached ARNs, in the order of attachment.
            pub fn attached(&self) -> Vec<String> {
                let mut attached = Vec::new();
                self.change(|grants| attached.clone_from(&grants.attached));
                attached
            }
        }
    };
}

holds_grants!(User, |account, name| account.users.get_mut(name).map(|user| &mut user.grants));
holds_grants!(Group, |account, name| account.groups.get_mut(name).map(|group| &mut group.grants));
holds_grants!(Role, |account, name| account
    .roles
    .get_mut(&name.to_ascii_lowercase())
    .map(|role| &mut role.grants));
