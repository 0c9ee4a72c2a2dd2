//! The roles that let Gangway into other accounts than its own, as the templates beside the main one make them.

use std::collections::BTreeMap;

use super::deployed::{ASSOCIATION_CHANGES_PARAMETER, INSPECTION_ROLE, STACK};
use crate::{
    aws::Account,
    template::{Deployment, Template},
};

/// What the role in the management account is called here: its template leaves that to CloudFormation.
pub const MANAGEMENT_ROLE: &str = "GangwayManagement";

/// Through which Gangway looks into an account, and where it may, puts associations right there.
pub(super) fn inspection_role(account: &Account, gangway: &Account, changes: bool) {
    let changes = changes.then_some((ASSOCIATION_CHANGES_PARAMETER, "true"));
    deploy_role("inspection-role.yaml", INSPECTION_ROLE, account, gangway, changes.as_slice());
}

/// Through which Gangway asks and enters an organization that is managed from another account.
pub(super) fn management_role(account: &Account, gangway: &Account) {
    deploy_role("management-role.yaml", MANAGEMENT_ROLE, account, gangway, &[]);
}

fn deploy_role(
    template: &str,
    name: &str,
    account: &Account,
    gangway: &Account,
    parameters: &[(&str, &str)],
) {
    let told = [("GangwayAccountId", gangway.id()), ("GangwayStackName", STACK)];
    let parameters = told.iter().chain(parameters);
    let deployment = Deployment {
        partition: account.partition().to_owned(),
        region: String::new(),
        account: account.id().to_owned(),
        stack: "gangway-entrance".to_owned(),
        parameters: parameters
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
    };
    let made = Template::beside(template).and_then(|template| template.role(&deployment));
    let made = made.expect("a template of the repository that makes one role");
    let role = account.role(name);
    role.trust(&made.trust);
    for (name, document) in &made.inline {
        role.inline(name, document);
    }
}
