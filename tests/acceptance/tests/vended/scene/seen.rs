//! What is to be seen of an account in IAM and in Palette.

use gangway_model::PermissionProfile;
use local_cloud::aws::{Account, PolicySeen, RoleSeen, sqs::MessageSeen};
use serde_json::Value;

use super::{MANAGED, ROLE, Scene};

impl Scene {
    /// Palette's accounts for an AWS account: name, uid and project.
    pub(crate) fn registered(&self, account: &Account) -> Vec<Registered> {
        let records = self.cloud().palette().records();
        let arn = format!(":iam::{}:role/", account.id());
        let of_account = records.accounts.iter().filter(|one| {
            one.spec()
                .pointer("/sts/arn")
                .and_then(Value::as_str)
                .is_some_and(|text| text.contains(&arn))
        });
        let seen = of_account.map(|one| Registered {
            name: one.name().to_owned(),
            uid: one.uid.clone(),
            project: one.project.clone(),
        });
        seen.collect()
    }

    /// The account is aboard: once in Palette, with the role and the policies that Palette needs, and nothing else of ours.
    pub(crate) fn assert_aboard(&self, account: &Account) -> Registered {
        let registered = self.registered(account);
        let id = account.id();
        let [registered] = registered.as_slice() else {
            panic!("{id} is in Palette {} times\n{}", registered.len(), self.logs());
        };
        let role = self.role(account).unwrap_or_else(|| panic!("{id} has no role"));
        assert_eq!(role.tags.get(MANAGED.0).map(String::as_str), Some(MANAGED.1), "{role:?}");
        let mut expected: Vec<_> = gangway_policies::documents_for(PermissionProfile::CoreEks)
            .iter()
            .map(|document| document.name())
            .collect();
        expected.sort_unstable();
        let found = self.managed_policies(account);
        let mut names: Vec<_> = found.iter().map(|policy| policy.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, expected, "policies of {id}");
        for (document, policy) in
            gangway_policies::documents_for(PermissionProfile::CoreEks).iter().filter_map(
                |document| Some((document, found.iter().find(|one| one.name == document.name())?)),
            )
        {
            assert_eq!(policy.document, document.render(self.partition), "{}", policy.arn);
            assert_eq!(policy.roles, [ROLE], "{} of {id} is an orphan", policy.arn);
            assert!(policy.versions.len() <= 5);
        }
        registered.clone()
    }

    /// The account is not aboard, and nothing of ours is in it.
    pub(crate) fn assert_untouched(&self, account: &Account) {
        assert_eq!(self.registered(account), [], "{} is in Palette", account.id());
        assert_eq!(self.role(account), None, "{} has a role", account.id());
        assert_eq!(self.managed_policies(account), [], "{} has policies", account.id());
    }

    /// The role that lets Palette in.
    #[expect(clippy::unused_self, reason = "read with the scene's other questions")]
    pub(crate) fn role(&self, account: &Account) -> Option<RoleSeen> {
        account.role_seen(ROLE)
    }

    /// Policies that say that Gangway made them.
    #[expect(clippy::unused_self, reason = "read with the scene's other questions")]
    pub(crate) fn managed_policies(&self, account: &Account) -> Vec<PolicySeen> {
        let mut policies = account.policies();
        policies
            .retain(|policy| policy.tags.get(MANAGED.0).is_some_and(|value| value == MANAGED.1));
        policies
    }

    /// Calls since the log was cleared that changed something in AWS or Palette; what tells nobody but a queue is not among
    /// them.
    pub(crate) fn writes(&self) -> Vec<String> {
        let mut calls = self.cloud().calls().all();
        calls.retain(|call| call.service != "sqs" && !call.nested && call.changes());
        calls.into_iter().map(|call| format!("{} {}", call.service, call.operation)).collect()
    }

    /// The one dead letter of an account, with these words in its reason.
    pub(crate) fn assert_dead(&self, account: &str, words: &str) {
        let dead = self.dead();
        let of_account = |letter: &&MessageSeen| {
            letter.attributes.get("accountId").is_some_and(|id| id == account)
        };
        let found: Vec<_> = dead.iter().filter(of_account).collect();
        let [letter] = found.as_slice() else {
            panic!("{account} has {} dead letters of {}\n{}", found.len(), dead.len(), self.logs());
        };
        let reason = letter.attributes.get("reason").cloned().unwrap_or_default();
        assert!(reason.to_lowercase().contains(words), "{words:?} is not in {reason:?}");
        assert!(letter.body.contains(account), "the whole event is kept");
    }
}

/// A Palette account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Registered {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) project: Option<String>,
}
