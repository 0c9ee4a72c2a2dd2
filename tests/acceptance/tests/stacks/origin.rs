//! Which stack may register which role in which scope, and where Gangway sends responses.

use gangway_model::Partition;
use gangway_policies::PolicyDocument;
use local_cloud::fixtures::Organization;
use serde_json::{Value, json};

use crate::fixture::{StackApp, account_properties};

#[tokio::test(flavor = "multi_thread")]
async fn only_members_of_the_organization_may_publish() {
    let app = StackApp::start(Partition::AwsUsGov).await;
    let mut stack = app.new_stack_resource();
    let request = stack.request("Create", None, &account_properties(app.customer(), "prod"));
    stack.account = app.deployment().palette.clone();
    assert!(!stack.send(&request), "Palette's account is in another organization");
    assert!(app.queue().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn role_of_another_account_is_rejected() {
    let app = StackApp::start(Partition::Aws).await;
    let mut stack = app.new_stack_resource();
    let foreign = account_properties(app.second_customer(), "prod");
    let reason = stack.create(&foreign, app.poller()).await.unwrap_err();
    assert!(
        reason.starts_with(
            "/ResourceProperties/RoleArn: RoleArn must be a role of the AWS account of the stack"
        ),
        "{reason}"
    );
    app.assert_untouched();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_stack_can_neither_change_nor_remove_an_account() {
    let app = StackApp::start(Partition::Aws).await;
    let (mut stack, poller) = (app.new_stack_resource(), app.poller());
    let prod = account_properties(app.customer(), "prod");
    stack.create(&prod, poller).await.unwrap();
    // The other stack is in the same AWS account, and then in another one.
    for account in [&app.customer().account, &app.second_customer().account] {
        let mut other = app.deployment().stack_resource(app.cloud(), account);
        let uid = stack.physical_id.as_deref();
        let update = other.request("Update", uid, &prod);
        assert!(other.send(&update));
        app.handle_all_messages().await;
        assert!(!other.answer(&update).expect("an answer").is_success);
        let delete = other.request("Delete", uid, &prod);
        assert!(other.send(&delete));
        app.handle_all_messages().await;
        assert!(other.answer(&delete).expect("an answer").is_success);
        assert_eq!(app.account_names(), ["prod"]);
    }
}

/// A function that returns a changed response URL.
type UrlChange = fn(&str) -> String;

#[tokio::test(flavor = "multi_thread")]
async fn responses_are_sent_only_to_cloudformation() {
    let app = StackApp::start(Partition::Aws).await;
    let mut stack = app.new_stack_resource();
    let changes: [(&str, UrlChange); 6] = [
        ("another host", |url| url.replace("127.0.0.1", "127.0.0.2")),
        ("a service of AWS", |_| {
            "http://169.254.169.254/latest/meta-data?X-Amz-Signature=a".to_owned()
        }),
        ("another bucket", |url| url.replace("cloudformation-custom-resource-response-", "other-")),
        ("another request", |url| url.replace("%7CAccount%7C", "%7COther%7C")),
        ("no signature", |url| url.replace("X-Amz-Signature", "X-Amz-Nothing")),
        ("no URL", |_| "none".to_owned()),
    ];
    for (number, (what, change)) in changes.into_iter().enumerate() {
        let mut request =
            stack.request("Create", None, &account_properties(app.customer(), "prod"));
        let url = request.body["ResponseURL"].as_str().unwrap().to_owned();
        request.body["ResponseURL"] = change(&url).into();
        app.cloud().calls().clear();
        assert!(stack.send(&request));
        app.handle_all_messages().await;
        app.assert_untouched();
        let dead = app.dead_messages();
        assert_eq!(dead.len(), number + 1, "{what}");
        let reason = &dead.last().unwrap().attributes["reason"];
        assert!(reason.contains("ResponseURL must be a presigned URL"), "{what}: {reason}");
        let calls = app.cloud().calls().all();
        assert!(calls.iter().all(|call| call.service != "s3"), "{what}");
    }
}

/// The signature in the response URL is forged, so S3 refuses the response.
#[tokio::test(flavor = "multi_thread")]
async fn request_with_a_forged_signature_registers_nothing() {
    let app = StackApp::start(Partition::Aws).await;
    let mut stack = app.new_stack_resource();
    let mut request = stack.request("Create", None, &account_properties(app.customer(), "prod"));
    let url = request.body["ResponseURL"].as_str().unwrap();
    let forged = format!("{}X-Amz-Signature=forged", url.split("X-Amz-Signature").next().unwrap());
    request.body["ResponseURL"] = forged.into();
    assert!(stack.send(&request));
    app.handle_all_messages().await;
    app.assert_untouched();
    assert_eq!(app.dead_messages().len(), 1);
    assert!(app.logs().contains("refused"), "{}", app.logs());
}

#[tokio::test(flavor = "multi_thread")]
async fn scope_comes_from_the_organizational_unit() {
    let map = |organization: &Organization| format!("{}=project:Payments", organization.workloads);
    let app = StackApp::start_with(Partition::Aws, |app| {
        vec![("GANGWAY_OU_SCOPE_MAP", map(app.deployment().organization()))]
    })
    .await;
    let poller = app.poller();
    let role = app.deployment().execution_role("account-resource");
    role.inline(
        "ReadOrganizations",
        &json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": ["organizations:DescribeAccount", "organizations:ListParents"],
                "Resource": "*",
            }],
        }),
    );
    let mut stack = app.new_stack_resource();
    let prod = account_properties(app.customer(), "prod");
    stack.create(&prod, poller).await.unwrap();
    let scope = stack.attributes["Scope"].as_str().unwrap().to_owned();
    assert!(scope.starts_with("project/"), "{scope}");
    // A request may name the scope of its OU, or a project of the parameter EventProjects.
    let with = |scope: Value| {
        let mut properties = prod.clone();
        properties["Scope"] = scope;
        properties
    };
    stack.update(&with(json!({"Project": "Payments"})), poller).await.unwrap();
    assert_eq!(stack.attributes["Scope"], scope);
    for wrong in [json!("tenant"), json!({"Project": "Research"})] {
        let reason = stack.update(&with(wrong), poller).await.unwrap_err();
        assert!(
            reason.starts_with("/ResourceProperties/Scope: Scope must be left out"),
            "{reason}"
        );
    }
    stack.update(&with(json!({"Project": "Default"})), poller).await.unwrap();
    assert_ne!(stack.attributes["Scope"], scope);
    assert_eq!(app.account_names().len(), 1, "replaced");
    stack.delete(poller).await.unwrap();
    app.assert_untouched();
}

/// A stack in Gangway's own AWS account: the role needs the tag that lists its scopes.
#[tokio::test(flavor = "multi_thread")]
async fn role_of_gangways_account_needs_the_tag_of_its_owner() {
    let app = StackApp::start(Partition::Aws).await;
    let (own, poller) = (&app.deployment().gangway_account, app.poller());
    let role = own.role("SpectroCloudRole");
    for document in gangway_policies::documents_for(gangway_model::PermissionProfile::CoreEks) {
        role.attach(&own.policy(document.name(), &document.render(Partition::Aws)));
    }
    let palette = app.deployment().palette.id().parse().expect("an account id");
    let external_id = &app.deployment().external_id;
    role.set_trust_policy(&gangway_policies::trust_policy(Partition::Aws, palette, external_id));
    let properties = json!({"Name": "own", "RoleArn": role.arn()});
    let mut stack = app.deployment().stack_resource(app.cloud(), own);
    let reason = stack.create(&properties, poller).await.unwrap_err();
    assert!(reason.starts_with("/ResourceProperties/RoleArn: "), "{reason}");
    role.tag("gangway:scopes", "tenant");
    // Gangway reads the policy of the role, and reports that actions are missing.
    let nodes = PolicyDocument::Nodes;
    own.policy(
        nodes.name(),
        &json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
        }),
    );
    let reason = stack.create(&properties, poller).await.unwrap_err();
    assert!(reason.contains("iam.actions-allowed: "), "{reason}");
    own.policy(nodes.name(), &nodes.render(Partition::Aws));
    stack.create(&properties, poller).await.unwrap();
    stack.delete(poller).await.unwrap();
    app.assert_untouched();
}
