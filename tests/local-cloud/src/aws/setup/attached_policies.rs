//! Policies of users, groups and roles.

use serde_json::Value;

use super::{Group, Role, User};
use crate::aws::store::{self, PrincipalPolicies};

/// Finds the policies of a user, group or role.
type FindPolicies =
    for<'a> fn(&'a mut store::StoredAccount, &str) -> Option<&'a mut PrincipalPolicies>;

/// Implements the policy methods of a user, group or role.
macro_rules! impl_policy_methods {
    ($holder:ident, $change:expr) => {
        impl $holder {
            fn change(&self, change: impl FnOnce(&mut PrincipalPolicies)) -> &Self {
                let mut store = self.account.aws.store();
                let account = store.account_mut(&self.account.account_key);
                let find: FindPolicies = $change;
                if let Some(policies) = find(account, &self.name) {
                    change(policies);
                }
                drop(store);
                self
            }

            /// Attaches a managed policy by ARN.
            ///
            /// # Panics
            /// If the policy does not exist.
            pub fn attach(&self, arn: &str) -> &Self {
                assert!(
                    self.account.aws.store().policy(&self.account.account_key, arn).is_some(),
                    "no policy {arn}"
                );
                self.change(|policies| {
                    if !policies.attached.iter().any(|one| one == arn) {
                        policies.attached.push(arn.to_owned());
                    }
                })
            }

            pub fn detach(&self, arn: &str) -> &Self {
                self.change(|policies| policies.attached.retain(|one| one != arn))
            }

            /// Puts an inline policy.
            ///
            /// # Panics
            /// If IAM would reject the document.
            pub fn inline(&self, name: &str, document: &Value) -> &Self {
                let text = self.account.parse_identity_policy(document);
                self.change(|policies| drop(policies.inline.insert(name.to_owned(), text)))
            }

            /// Sets the permissions boundary by policy ARN.
            pub fn boundary(&self, arn: &str) -> &Self {
                self.change(|policies| policies.boundary = Some(arn.to_owned()))
            }

            /// Returns the ARNs of the attached policies, in the order of attachment.
            pub fn attached(&self) -> Vec<String> {
                let mut attached = Vec::new();
                self.change(|policies| attached.clone_from(&policies.attached));
                attached
            }
        }
    };
}

impl_policy_methods!(User, |account, name| account
    .users
    .get_mut(name)
    .map(|user| &mut user.policies));
impl_policy_methods!(Group, |account, name| account
    .groups
    .get_mut(name)
    .map(|group| &mut group.policies));
impl_policy_methods!(Role, |account, name| account
    .roles
    .get_mut(&name.to_ascii_lowercase())
    .map(|role| &mut role.policies));
