//! The role through which Gangway asks and enters an organization that is managed from another account.

use serde_json::json;

use crate::aws::Account;

/// What it is called here: `templates/management-role.yaml` leaves that to CloudFormation.
pub const MANAGEMENT_ROLE: &str = "GangwayManagement";

/// What `templates/management-role.yaml` makes.
pub(super) fn management_role(account: &Account, deployment: &Account) {
    let iam = |rest: &str| format!("arn:{}:iam::{rest}", account.partition());
    let functions = ["AccountVendedRole", "AccountSweepRole"]
        .map(|role| iam(&format!("{}:role/gangway-{role}*", deployment.id())));
    let role = account.role(MANAGEMENT_ROLE);
    role.trust(&json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": deployment.root_arn()},
            "Action": "sts:AssumeRole",
            "Condition": {"ArnLike": {"aws:PrincipalArn": functions}},
        }],
    }));
    let entries = ["AWSControlTowerExecution", "OrganizationAccountAccessRole", "AWSAFTExecution"]
        .map(|role| format!("arn:*:iam::*:role/{role}"));
    role.inline("AskOrganizationsAndEnterAccounts", &json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [
                    "organizations:DescribeAccount", "organizations:ListAccounts",
                    "organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent",
                    "organizations:ListParents", "organizations:ListRoots",
                ],
                "Resource": "*",
            },
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": entries},
        ],
    }));
}
