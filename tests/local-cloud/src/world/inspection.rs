//! The role through which Gangway looks into other accounts than its own.

use serde_json::json;

use super::deployed::INSPECTION_ROLE;
use crate::aws::Account;

/// What `templates/inspection-role.yaml` makes.
pub(super) fn inspection_role(account: &Account, deployment: &Account) {
    let (partition, own) = (account.partition(), account.id());
    let iam = |rest: &str| format!("arn:{partition}:iam::{rest}");
    let role = account.role(INSPECTION_ROLE);
    role.trust(&json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": deployment.root_arn()},
            "Action": "sts:AssumeRole",
            "Condition": {"ArnLike": {"aws:PrincipalArn": iam(&format!("{}:role/gangway-*", deployment.id()))}},
        }],
    }));
    role.inline("ReadIam", &json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [
                    "iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:ListAttachedRolePolicies",
                    "iam:SimulatePrincipalPolicy",
                ],
                "Resource": [iam(&format!("{own}:role/*")), iam(&format!("{own}:policy/*")), iam("aws:policy/*")],
            },
            {"Effect": "Allow", "Action": "iam:GetAccountSummary", "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": [
                    "eks:DescribeAddon", "eks:DescribeCluster", "eks:DescribeNodegroup",
                    "eks:DescribePodIdentityAssociation", "eks:ListFargateProfiles", "eks:ListNodegroups",
                    "eks:ListPodIdentityAssociations",
                ],
                "Resource": format!("arn:{partition}:eks:*:{own}:*"),
            },
        ],
    }));
}
