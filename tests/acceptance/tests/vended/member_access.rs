//! Which identities can assume roles in member accounts and in the management account, and what the
//! entry role may do.

use gangway_model::Partition;
use local_cloud::{
    aws::{Account, AwsCredentials, Role, client::AwsClient},
    fixtures::{
        ACCESS_EXTERNAL_ID, ENTRY_ROLE, MEMBER_ACCESS_ROLE, ORGANIZATIONS_ROLE, VendedAccount,
        VendingSource,
    },
};
use serde_json::json;

use crate::fixture::{PALETTE_ROLE, SWEEP_FUNCTION, VENDED_FUNCTION, VendingApp};

const EXTERNAL_ID: Option<&str> = Some(ACCESS_EXTERNAL_ID);

/// Returns a client with a session of this role.
fn session_client(app: &VendingApp, role: &Role) -> AwsClient {
    app.deployment().administrator().with_keys(&role.session("attack"))
}

/// Makes the client `by` assume this role. Returns a client with the new session.
async fn assumed_role_client(app: &VendingApp, by: &AwsClient, role: &str) -> AwsClient {
    let keys = by.assume_role(role, "attack", EXTERNAL_ID).await.expect("a response");
    app.deployment().administrator().with_keys(&keys.expect("the role can be assumed"))
}

async fn can_assume(client: &AwsClient, role: &str, external_id: Option<&str>) -> bool {
    client.assume_role(role, "attack", external_id).await.expect("a response").is_ok()
}

/// Creates a role in Gangway's account whose name is similar to that of `account-vended`'s role.
/// Its policy allows it to assume every role.
fn create_similar_role(app: &VendingApp) -> Role {
    let role = app.deployment().gangway_account.role("gangway-AccountVendedRole-evil");
    role.inline(
        "Assume",
        &json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
        }),
    );
    role
}

/// Returns the ARNs of the entry role and of the administrator's access role of a vended account.
fn roles_of_member(vended: &VendedAccount) -> [String; 2] {
    let arn = |role: &Option<Role>| role.as_ref().expect("a role").arn();
    [arn(&vended.entry_role), arn(&vended.access_role)]
}

fn vend(app: &VendingApp) -> VendedAccount {
    app.organization().vend(VendingSource::Organizations, "team", &app.organization().sandbox)
}

fn management_role(app: &VendingApp, name: &str) -> Role {
    app.organization().api.management().role(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_account_vended_reaches_member_accounts() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let app = VendingApp::start_with_management_account(partition).await;
        let vended = vend(&app);
        let [entry, administrator] = roles_of_member(&vended);
        let reading = management_role(&app, ORGANIZATIONS_ROLE).arn();
        let entering = management_role(&app, MEMBER_ACCESS_ROLE).arn();
        let own = session_client(&app, &app.deployment().execution_role(VENDED_FUNCTION));
        let entered = assumed_role_client(&app, &own, &entering).await;
        assert!(can_assume(&entered, &entry, EXTERNAL_ID).await);
        assert!(
            !can_assume(&entered, &administrator, EXTERNAL_ID).await,
            "AccountAccessRoles omits it"
        );

        let sweep = session_client(&app, &app.deployment().execution_role(SWEEP_FUNCTION));
        let reader = assumed_role_client(&app, &sweep, &reading).await;
        let similar = session_client(&app, &create_similar_role(&app));
        for role in [&entry, &administrator, &entering] {
            for (name, attacker) in [("sweep", &sweep), ("reader", &reader), ("similar", &similar)]
            {
                for id in [EXTERNAL_ID, None] {
                    assert!(!can_assume(attacker, role, id).await, "{name} assumes {role}");
                }
            }
        }
        assert!(!can_assume(&similar, &reading, EXTERNAL_ID).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entry_role_trusts_one_role_of_the_management_account() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let app = VendingApp::start(partition).await;
        let vended = vend(&app);
        let [entry, administrator] = roles_of_member(&vended);
        let own = session_client(&app, &app.deployment().execution_role(VENDED_FUNCTION));
        assert!(can_assume(&own, &entry, EXTERNAL_ID).await);
        assert!(
            !can_assume(&own, &administrator, EXTERNAL_ID).await,
            "AccountAccessRoles omits it"
        );
        let sweep = session_client(&app, &app.deployment().execution_role(SWEEP_FUNCTION));
        assert!(!can_assume(&sweep, &administrator, EXTERNAL_ID).await);
        for attacker in [sweep, session_client(&app, &create_similar_role(&app))] {
            assert!(!can_assume(&attacker, &entry, EXTERNAL_ID).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_demands_the_external_id() {
    let app = VendingApp::start_with_management_account(Partition::AwsUsGov).await;
    let [entry, _] = roles_of_member(&vend(&app));
    let own = session_client(&app, &app.deployment().execution_role(VENDED_FUNCTION));
    let entering = management_role(&app, MEMBER_ACCESS_ROLE).arn();
    let entered = assumed_role_client(&app, &own, &entering).await;
    let reading = management_role(&app, ORGANIZATIONS_ROLE).arn();
    for (client, role) in [(&own, &reading), (&own, &entering), (&entered, &entry)] {
        assert!(can_assume(client, role, EXTERNAL_ID).await, "{role}");
        for other in [None, Some("another-external-id")] {
            assert!(!can_assume(client, role, other).await, "{role} with {other:?}");
        }
    }
    // A function with another external id cannot assume the entry role.
    let parameters = [("AccountGracePeriodMinutes", "0")];
    let mut app = VendingApp::start_with_parameters(Partition::AwsUsGov, &parameters).await;
    app.redeploy_with_settings(vec![(
        "GANGWAY_ACCOUNT_ACCESS_EXTERNAL_ID",
        "another-external-id".to_owned(),
    )]);
    let vended = vend(&app);
    app.put_events(&vended.events[..1]).await;
    app.process_all().await;
    app.assert_untouched(&vended.account);
    app.assert_dead_lettered(vended.account.id(), "templates/entry-role.yaml");
}

/// Creates a role whose trust policy allows everybody to assume it. Returns its ARN.
fn create_open_role(account: &Account) -> String {
    let role = account.role(ENTRY_ROLE);
    role.set_trust_policy(&json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }));
    role.arn()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_role_outside_of_the_organization_is_assumed() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        for elsewhere in [false, true] {
            let app = if elsewhere {
                VendingApp::start_with_management_account(partition).await
            } else {
                VendingApp::start(partition).await
            };
            let member = create_open_role(&vend(&app).account);
            // A customer's account, which is in no organization.
            let outside = create_open_role(&app.deployment().customers[0].account);
            let own = session_client(&app, &app.deployment().execution_role(VENDED_FUNCTION));
            let entering = if elsewhere {
                assumed_role_client(&app, &own, &management_role(&app, MEMBER_ACCESS_ROLE).arn())
                    .await
            } else {
                own
            };
            assert!(can_assume(&entering, &member, EXTERNAL_ID).await, "{partition} {elsewhere}");
            assert!(!can_assume(&entering, &outside, EXTERNAL_ID).await, "{partition} {elsewhere}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entry_role_may_only_manage_palettes_role() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let app = VendingApp::start(partition).await;
        let vended = vend(&app);
        app.put_events(&vended.events).await;
        app.process_all().await;
        app.assert_registered(&vended.account);
        let account = &vended.account;
        let administrator = account.managed_policy_arn("AdministratorAccess");
        let everything = json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
        });
        let others = account.policy("Everything", &everything);
        let everything = everything.to_string();
        let entry = vended.entry_role.as_ref().expect("a role");
        let own = session_client(&app, entry).in_region(account.iam_region());
        let role = [("RoleName", PALETTE_ROLE)];
        let before = (account.roles(), account.policies());
        for (action, parameters) in [
            ("AttachRolePolicy", vec![role[0], ("PolicyArn", administrator.as_str())]),
            ("AttachRolePolicy", vec![role[0], ("PolicyArn", others.as_str())]),
            (
                "AttachRolePolicy",
                vec![("RoleName", ENTRY_ROLE), ("PolicyArn", administrator.as_str())],
            ),
            (
                "PutRolePolicy",
                vec![role[0], ("PolicyName", "All"), ("PolicyDocument", everything.as_str())],
            ),
            (
                "CreateRole",
                vec![("RoleName", "Other"), ("AssumeRolePolicyDocument", everything.as_str())],
            ),
            (
                "UpdateAssumeRolePolicy",
                vec![("RoleName", ENTRY_ROLE), ("PolicyDocument", everything.as_str())],
            ),
            ("CreatePolicy", vec![("PolicyName", "All"), ("PolicyDocument", everything.as_str())]),
            (
                "CreatePolicyVersion",
                vec![
                    ("PolicyArn", others.as_str()),
                    ("PolicyDocument", everything.as_str()),
                    ("SetAsDefault", "true"),
                ],
            ),
            ("DeleteRole", role.to_vec()),
        ] {
            let response = own.query("iam", action, &parameters).await.expect("a response");
            assert_eq!(response.status, 403, "{action} {parameters:?}: {}", response.body);
        }
        assert_eq!((account.roles(), account.policies()), before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entry_role_with_a_boundary_gives_it_to_palettes_role() {
    const LIMITS: &str = "Limits";
    let boundary = [("AccountRoleBoundary", LIMITS)];
    let app = VendingApp::start_with_parameters(Partition::AwsUsGov, &boundary).await;
    let everything = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    });
    let vend_limited = || {
        let vended = vend(&app);
        let limits = vended.account.policy(LIMITS, &everything);
        (app.organization().create_entry_role(&vended.account, LIMITS), vended, limits)
    };
    let (entry, vended, limits) = vend_limited();
    app.put_events(&vended.events).await;
    app.process_all().await;
    app.assert_registered(&vended.account);
    assert_eq!(app.palette_role(&vended.account).expect("a role").boundary, Some(limits));
    let administrator = vended.account.managed_policy_arn("AdministratorAccess");
    let own = session_client(&app, &entry).in_region(vended.account.iam_region());
    let parameters = [("RoleName", PALETTE_ROLE), ("PermissionsBoundary", administrator.as_str())];
    let response = own.query("iam", "PutRolePermissionsBoundary", &parameters).await;
    assert_eq!(response.expect("a response").status, 403);

    // A role without the boundary is neither created nor gets a policy.
    let (entry, vended, _) = vend_limited();
    let own = session_client(&app, &entry).in_region(vended.account.iam_region());
    let trust = everything.to_string();
    let parameters = [("RoleName", PALETTE_ROLE), ("AssumeRolePolicyDocument", trust.as_str())];
    let response = own.query("iam", "CreateRole", &parameters).await.expect("a response");
    assert_eq!(response.status, 403, "{}", response.body);
    vended.account.role(PALETTE_ROLE);
    let policy = vended.account.policy_with_path("/gangway/", "All", &everything);
    let parameters = [("RoleName", PALETTE_ROLE), ("PolicyArn", policy.as_str())];
    let response = own.query("iam", "AttachRolePolicy", &parameters).await.expect("a response");
    assert_eq!(response.status, 403, "{}", response.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn administrator_roles_are_assumed_only_if_they_are_named() {
    for (kind, name) in [
        (VendingSource::ControlTower, "AWSControlTowerExecution"),
        (VendingSource::Organizations, "OrganizationAccountAccessRole"),
        (VendingSource::Aft, "AWSAFTExecution"),
    ] {
        for roles in [ENTRY_ROLE, name] {
            let app = VendingApp::start_with_parameters(
                Partition::AwsUsGov,
                &[("AccountAccessRoles", roles)],
            )
            .await;
            let organization = app.organization();
            let vended = organization.vend(kind, "team", &organization.sandbox);
            // The role of Account Factory for Terraform does not trust Gangway until its trust
            // policy is changed.
            if kind == VendingSource::Aft {
                let own = app.deployment().execution_role(VENDED_FUNCTION).arn();
                vended.account.role(name).set_trust_policy(&json!({
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Principal": {"AWS": own}, "Action": "sts:AssumeRole"},
                    ],
                }));
            }
            app.put_events(&vended.events[..1]).await;
            app.process_all().await;
            app.assert_registered(&vended.account);
            let sessions = |role: &str| vended.account.role(role).session_credentials();
            let (stolen, entered) = (sessions(name), sessions(ENTRY_ROLE));
            let assumed = (!stolen.is_empty(), !entered.is_empty());
            assert_eq!(assumed, (roles == name, roles != name), "{name}");
            for keys in stolen {
                assert_session_is_limited(&app, &vended.account, &keys).await;
            }
        }
    }
}

/// Asserts that a session of an administrator role may attach only Palette's policies to Palette's
/// role.
async fn assert_session_is_limited(app: &VendingApp, account: &Account, keys: &AwsCredentials) {
    let session = app.deployment().administrator().with_keys(keys).in_region(account.iam_region());
    let own = app.palette_role(account).expect("a role").attached.remove(0);
    let administrator = account.managed_policy_arn("AdministratorAccess");
    for (policy, status) in [(own, 200), (administrator, 403)] {
        let parameters = [("RoleName", PALETTE_ROLE), ("PolicyArn", policy.as_str())];
        let response = session.query("iam", "AttachRolePolicy", &parameters).await;
        let response = response.expect("a response");
        assert_eq!(response.status, status, "{policy}: {}", response.body);
    }
}
