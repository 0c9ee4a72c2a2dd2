//! An account that is to is registered, with everything that Palette's documents ask for; and ways to break it and to fix it.

use gangway_model::{Partition, PermissionProfile};
use gangway_policies::PolicyDocument;
use serde_json::{Value, json};

use super::{access::Access, deployed::INSPECTION_ROLE, entrances::inspection_role};
use crate::{
    aws::{Account, Keys, Role, User},
    portal::Portal,
};

/// The role's name in Palette's documents.
const ROLE: &str = "SpectroCloudRole";

/// A customer's account with a user, its keys and a role, both allowed the `core-eks` profile.
#[derive(Debug)]
pub struct Customer {
    /// The account.
    pub account: Account,
    /// An IAM user for Palette.
    pub user: User,
    /// Its keys.
    pub keys: Keys,
    /// The role that trusts Palette.
    pub role: Role,
    /// The way through the access portal, in the partitions that have one.
    pub access: Option<Access>,
    partition: Partition,
    palette: String,
    external_id: String,
}

impl Customer {
    pub(super) fn settle(
        account: Account,
        partition: Partition,
        deployment: &Account,
        (palette, external_id): (&Account, &str),
        portal: Option<&Portal>,
    ) -> Self {
        let user = account.user("palette");
        let (keys, role) = (user.keys(), account.role(ROLE));
        let access = portal.map(|portal| Access::create(portal, &account));
        inspection_role(&account, deployment, true);
        let customer = Self {
            account,
            user,
            keys,
            role,
            access,
            partition,
            palette: palette.id().to_owned(),
            external_id: external_id.to_owned(),
        };
        for document in gangway_policies::documents_for(PermissionProfile::CoreEks) {
            customer.allow(*document);
        }
        customer.let_user_look();
        customer.trust_palette();
        customer
    }

    /// Lets the user see itself: its keys, its policies and what they allow (C13). Palette's documents do not ask for it.
    pub fn let_user_look(&self) {
        let iam = |rest: &str| format!("arn:{}:iam::{}:{rest}", self.partition, self.account.id());
        self.user.inline("LookAtItself", &json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": [
                        "iam:GetUser", "iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "iam:ListAttachedUserPolicies",
                        "iam:ListUserPolicies", "iam:ListGroupsForUser", "iam:SimulatePrincipalPolicy",
                    ],
                    "Resource": self.user.arn(),
                },
                {
                    "Effect": "Allow",
                    "Action": ["iam:ListAttachedGroupPolicies", "iam:GetPolicy", "iam:GetPolicyVersion"],
                    "Resource": [iam("group/*"), iam("policy/*"), format!("arn:{}:iam::aws:policy/*", self.partition)],
                },
                {"Effect": "Allow", "Action": ["iam:GetAccountSummary", "iam:ListPolicies"], "Resource": "*"},
            ],
        }));
    }

    /// Takes that away again: the user may do what Palette's documents ask for, and no more.
    pub fn forbid_user_to_look(&self) {
        self.user.inline("LookAtItself", &json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}],
        }));
    }

    /// The ARN of one of Palette's policies in this account.
    pub fn policy(&self, document: PolicyDocument) -> String {
        self.account.policy(document.name(), &document.render(self.partition))
    }

    /// The role that trusts Palette, and the one behind the portal.
    fn roles(&self) -> impl Iterator<Item = &Role> {
        [&self.role].into_iter().chain(self.access.iter().map(|access| &access.role))
    }

    /// Attaches one of Palette's policies to user and roles.
    pub fn allow(&self, document: PolicyDocument) {
        let arn = self.policy(document);
        self.user.attach(&arn);
        for role in self.roles() {
            role.attach(&arn);
        }
    }

    /// Detaches one of Palette's policies from user and roles (C07, C08).
    pub fn disallow(&self, document: PolicyDocument) {
        let arn = self.policy(document);
        self.user.detach(&arn);
        for role in self.roles() {
            role.detach(&arn);
        }
    }

    /// Puts an older version of a policy in force, which lacks all but its first statement (C08).
    pub fn outdate(&self, document: PolicyDocument) {
        let mut old = document.render(self.partition);
        if let Some(statements) = old.get_mut("Statement").and_then(Value::as_array_mut) {
            statements.truncate(1);
        }
        self.account.policy(document.name(), &old);
    }

    /// Makes the user's key inactive (S04).
    pub fn deactivate_keys(&self) {
        self.user.deactivate(&self.keys);
    }

    /// Makes it active again.
    pub fn activate_keys(&self) {
        self.user.with_keys(&self.keys.id, &self.keys.secret);
    }

    /// Bounds user and roles by a policy that allows nothing but to look (C11).
    pub fn bound(&self) {
        let arn = self.account.policy("Boundary", &json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["sts:*", "iam:Get*", "iam:List*", "iam:Simulate*"], "Resource": "*"}],
        }));
        self.user.boundary(&arn);
        for role in self.roles() {
            role.boundary(&arn);
        }
    }

    /// Widens the boundary until it bounds nothing.
    pub fn unbound(&self) {
        self.account.policy(
            "Boundary",
            &json!({
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
            }),
        );
    }

    /// Puts the account into an organization that denies it EC2 (C12).
    pub fn deny_by_organization(&self) {
        self.account.scp(
            "NoMachines",
            &json!({
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}],
            }),
        );
    }

    /// Sets the trust that Palette's documents ask for; fix all that is wrong with it.
    ///
    /// # Panics
    /// Never: the id of Palette's account has twelve digits.
    pub fn trust_palette(&self) {
        if !self.external_id.is_empty() {
            self.trust(&self.palette, &self.external_id);
        }
    }

    /// Sets a trust with this account and external id (D06, D07).
    ///
    /// # Panics
    /// For an account id that is not twelve digits.
    pub fn trust(&self, account: &str, external_id: &str) {
        let account = account.parse().expect("an account id");
        self.role.trust(&gangway_policies::trust_policy(self.partition, account, external_id));
    }

    /// Trusts Palette with an external id that is not the tenant's (D07).
    pub fn trust_with_wrong_external_id(&self) {
        self.trust(&self.palette, "another-tenants-external-id");
    }

    /// Trusts Palette whatever external id it presents, so for whichever tenant (D07).
    pub fn trust_without_external_id(&self) {
        let principal = format!("arn:{}:iam::{}:root", self.partition, self.palette);
        self.role.trust(&json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}],
        }));
    }

    /// Lets nobody from Gangway look into the account any more.
    pub fn hide_from_gangway(&self) {
        self.account.role(INSPECTION_ROLE).remove();
    }
}
