//! What those who run an access portal tell a customer: whom to be there, what to ask for, and the certificate for it.

use serde_json::json;

use crate::{
    aws::{Account, Role},
    certificates::{CertificateSpec, Issued},
    portal::{Entitlement, Holder, Portal},
};

/// The agency of every customer.
const AGENCY: &str = "Survey";
/// The role as the portal calls it. In IAM it has the usual prefix before it.
const ROLE: &str = "PaletteOperator";

/// A customer's way through the portal.
#[derive(Debug)]
pub struct Access {
    /// The agency.
    pub agency: &'static str,
    /// The account's name (SCAP) or mission (CAP).
    pub account_name: String,
    /// The role as the portal calls it.
    pub role_name: &'static str,
    /// The role whose keys it gives.
    pub role: Role,
    /// The common name of the non-person entity that is entitled to them (X06).
    pub entity: String,
    /// Its certificate and key.
    pub identity: Issued,
}

impl Access {
    /// An entity of its own for this account, with a good certificate.
    pub(super) fn create(portal: &Portal, account: &Account) -> Self {
        let role = account.role(&format!("PROJECT_{ROLE}"));
        let account_name = format!("mapping-{}", account.id());
        let entity = format!("palette.{account_name}.npe");
        portal.entitle(Entitlement {
            name: entity.clone(),
            agency: AGENCY.to_owned(),
            account_name: account_name.clone(),
            account: account.clone(),
            role: ROLE.to_owned(),
            holder: Holder::Role(role.clone()),
        });
        let identity = portal.issue(&CertificateSpec::client(&entity));
        let access = Self { agency: AGENCY, account_name, role_name: ROLE, role, entity, identity };
        access.let_role_look(account);
        access
    }

    /// Lets the role see itself: its policies and what they allow (C13).
    pub fn let_role_look(&self, account: &Account) {
        let (partition, id) = (account.partition(), account.id());
        let policies = [
            format!("arn:{partition}:iam::{id}:policy/*"),
            format!("arn:{partition}:iam::aws:policy/*"),
        ];
        self.role.inline("LookAtItself", &json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": [
                        "iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:SimulatePrincipalPolicy",
                    ],
                    "Resource": self.role.arn(),
                },
                {"Effect": "Allow", "Action": ["iam:GetPolicy", "iam:GetPolicyVersion"], "Resource": policies},
                {"Effect": "Allow", "Action": ["iam:GetAccountSummary", "iam:ListPolicies"], "Resource": "*"},
            ],
        }));
    }

    /// Takes that away again.
    pub fn forbid_role_to_look(&self) {
        self.role.inline("LookAtItself", &json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}],
        }));
    }
}
