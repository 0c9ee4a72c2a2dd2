//! Stacks that create, update, replace and delete an account, or roll back.

use acceptance::PARTITIONS;
use gangway_model::{AuthMethod, Partition};
use local_cloud::{Effect, Fault, fixtures::Delivery, palette::KeptAnnotations};
use serde_json::{Value, json};

use crate::fixture::{StackApp, account_properties};

#[tokio::test(flavor = "multi_thread")]
async fn stack_registers_its_account_and_removes_it_with_itself() {
    for partition in PARTITIONS {
        let app = StackApp::start(partition).await;
        let (mut stack, poller) = (app.new_stack_resource(), app.poller());
        let prod = account_properties(app.customer(), "prod");
        stack.create(&prod, poller).await.unwrap();
        assert_eq!(app.account_names(), ["prod"]);
        let uid = stack.physical_id.clone().unwrap();
        let account = app.get(&format!("/v1/tenant/accounts/{uid}")).await;
        account.assert_status(200);
        assert_eq!(
            stack.attributes,
            json!({
                "Name": "prod",
                "Scope": "tenant",
                "Ready": "true",
                "AwsAccountId": app.customer().account.id(),
            })
        );

        let mut described = prod.clone();
        described["Description"] = "Team Payments".into();
        stack.update(&described, poller).await.unwrap();
        assert_eq!(stack.physical_id.as_deref(), Some(&*uid), "updated in place");
        let account = app.get(&format!("/v1/tenant/accounts/{uid}")).await;
        assert_eq!(account.text_at("/description"), "Team Payments");

        stack.update_and_roll_back(&prod, poller).await;
        assert_eq!(stack.physical_id.as_deref(), Some(&*uid));

        let other = account_properties(app.customer(), "production");
        stack.update_and_roll_back(&other, poller).await;
        assert_eq!(
            (app.account_names(), stack.physical_id.as_deref()),
            (vec!["prod".to_owned()], Some(&*uid))
        );

        stack.update(&other, poller).await.unwrap();
        assert_eq!(app.account_names(), ["production"]);
        assert_ne!(stack.physical_id.as_deref(), Some(&*uid), "replaced");

        stack.delete(poller).await.unwrap();
        app.assert_untouched();
        assert!(app.dead_messages().is_empty());
        let events: Vec<_> = app
            .outcome_events()
            .iter()
            .filter(|event| event["detail"]["trigger"] == "stack")
            .map(|event| event["detail"]["outcome"].as_str().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(
            events,
            [
                "created",
                "updated",
                "updated",
                "updated",
                "created",
                "unchanged",
                "removed",
                "created",
                "removed",
                "removed"
            ]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_checks_fail_the_stack_and_register_nothing() {
    let app = StackApp::start(Partition::Aws).await;
    let (mut stack, poller) = (app.new_stack_resource(), app.poller());
    let prod = account_properties(app.customer(), "prod");
    app.customer().trust_with_wrong_external_id();
    let reason = stack.create(&prod, poller).await.unwrap_err();
    assert!(reason.starts_with("iam.") || reason.starts_with("sts."), "{reason}");
    assert!(reason.contains("To fix it: "), "{reason}");
    app.assert_untouched();

    // A failed update is rolled back to the registered account.
    app.customer().trust_palette();
    stack.create(&prod, poller).await.unwrap();
    let uid = stack.physical_id.clone();
    let wrong = account_properties(app.customer(), "");
    let reason = stack.update(&wrong, poller).await.unwrap_err();
    assert!(reason.starts_with("/ResourceProperties/Name: Name must"), "{reason}");
    assert_eq!((app.account_names(), stack.physical_id.clone()), (vec!["prod".to_owned()], uid));
}

#[tokio::test(flavor = "multi_thread")]
async fn create_is_retried_until_the_trust_policy_is_correct() {
    let app = StackApp::start(Partition::Aws).await;
    let (mut stack, poller) = (app.new_stack_resource(), app.poller());
    app.customer().trust_with_wrong_external_id();
    let request = stack.request("Create", None, &account_properties(app.customer(), "prod"));
    assert!(stack.send(&request));
    poller.wait_until_idle().await;
    assert_eq!((stack.answer(&request), app.queue().len()), (None, 1), "{}", app.logs());
    app.customer().trust_palette();
    app.handle_all_messages().await;
    let answer = stack.answer(&request).expect("an answer");
    assert!(answer.is_success, "{}", answer.reason);
    assert_eq!(app.account_names(), ["prod"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicate_or_late_request_changes_nothing() {
    let app = StackApp::start(Partition::AwsUsGov).await;
    let (mut stack, poller) = (app.new_stack_resource(), app.poller());
    stack.delivery = Delivery::Twice;
    stack.create(&account_properties(app.customer(), "prod"), poller).await.unwrap();
    stack.update(&account_properties(app.customer(), "production"), poller).await.unwrap();
    stack.deliver_again();
    app.handle_all_messages().await;
    assert_eq!(app.account_names(), ["production"]);
    let uid = stack.physical_id.clone();
    stack.delete(poller).await.unwrap();
    stack.deliver_again();
    app.handle_all_messages().await;
    app.assert_untouched();
    assert!(app.dead_messages().is_empty() && uid.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_of_an_unknown_resource_succeeds_and_removes_nothing() {
    let app = StackApp::start(Partition::Aws).await;
    let poller = app.poller();
    let mut stack = app.new_stack_resource();
    stack.create(&account_properties(app.customer(), "prod"), poller).await.unwrap();
    let mut never = app.new_stack_resource();
    for physical_id in
        ["not-registered", "StackSet-Account-1X2Y3Z", stack.physical_id.as_deref().unwrap()]
    {
        let request =
            never.request("Delete", Some(physical_id), &account_properties(app.customer(), "prod"));
        assert!(never.send(&request));
        app.handle_all_messages().await;
        assert!(never.answer(&request).expect("an answer").is_success);
    }
    assert_eq!(app.account_names(), ["prod"], "of another stack");
}

#[tokio::test(flavor = "multi_thread")]
async fn account_is_removed_after_cloudformation_timed_out() {
    let app = StackApp::start(Partition::Aws).await;
    let poller = app.poller();
    let mut stack = app.new_stack_resource();
    // CloudFormation gets no response. After its timeout, it sends a delete with a physical id that
    // it has generated.
    app.cloud().fault(Fault::on("s3", "*", Effect::Unavailable));
    let request = stack.request("Create", None, &account_properties(app.customer(), "prod"));
    assert!(stack.send(&request));
    poller.wait_until_idle().await;
    assert_eq!((app.account_names(), stack.answer(&request)), (vec!["prod".to_owned()], None));
    app.cloud().faults().clear();
    let delete = stack.request(
        "Delete",
        Some("StackSet-Account-1X2Y3Z"),
        &account_properties(app.customer(), "prod"),
    );
    assert!(stack.send(&delete));
    app.handle_all_messages().await;
    assert!(stack.answer(&delete).expect("an answer").is_success);
    app.assert_untouched();
}

#[tokio::test(flavor = "multi_thread")]
async fn name_of_an_account_of_another_client_is_rejected() {
    let app = StackApp::start(Partition::Aws).await;
    let poller = app.poller();
    let body = json!({"name": "prod", "roleArn": app.customer().role.arn()});
    app.post("/v1/tenant/accounts/sts", &body).await.assert_status(201);
    let mut stack = app.new_stack_resource();
    let reason =
        stack.create(&account_properties(app.customer(), "prod"), poller).await.unwrap_err();
    assert!(
        reason.contains("/ResourceProperties/Name") && reason.contains("remove it"),
        "{reason}"
    );
    assert_eq!(app.account_names(), ["prod"], "the rollback removes nothing");
}

/// Calls fail at random, and each request is delivered twice.
#[tokio::test(flavor = "multi_thread")]
async fn stacks_converge_with_faults_and_duplicates() {
    let app = StackApp::start(Partition::Aws).await;
    let poller = app.poller();
    for seed in 1..=6_u64 {
        for (number, effect) in [Effect::InternalError, Effect::DisconnectAfter, Effect::Throttle]
            .into_iter()
            .enumerate()
        {
            let seed = seed * 10 + u64::try_from(number).unwrap();
            app.cloud().fault(Fault::on("*", "*", effect).at_random(60, seed));
        }
        let (mut stack, name) = (app.new_stack_resource(), format!("prod-{seed}"));
        stack.delivery = Delivery::Twice;
        let first = account_properties(app.customer(), &name);
        let second = account_properties(app.customer(), &format!("{name}-b"));
        let expect = |present: &[&Value]| {
            let mut expected: Vec<_> =
                present.iter().map(|it| it["Name"].as_str().unwrap().to_owned()).collect();
            let mut names = app.account_names();
            expected.sort();
            names.sort();
            assert_eq!(names, expected, "seed {seed}\n{}", app.logs());
        };
        let created = stack.create(&first, poller).await;
        assert!(created.is_ok() || seed > 4, "few of the faults are final: {created:?}");
        if created.is_ok() {
            expect(&[&first]);
            stack.update_and_roll_back(&second, poller).await;
            expect(&[&first]);
            let updated = stack.update(&second, poller).await;
            expect(&[if updated.is_ok() { &second } else { &first }]);
            stack.delete(poller).await.unwrap();
        }
        stack.deliver_again();
        app.handle_all_messages().await;
        app.cloud().faults().clear();
        expect(&[]);
    }
}

/// After the stack registered a role, a caller replaced it by access keys, which have a secret.
#[tokio::test(flavor = "multi_thread")]
async fn account_with_access_keys_is_removed_with_its_secret() {
    let app = StackApp::start(Partition::Aws).await;
    app.set_kept_annotations(KeptAnnotations::All);
    let (mut stack, poller) = (app.new_stack_resource(), app.poller());
    stack.create(&account_properties(app.customer(), "prod"), poller).await.unwrap();
    let uid = stack.physical_id.clone().unwrap();
    let keys = app.request(AuthMethod::StaticCredentials, app.customer(), "prod");
    let path = format!("/v1/tenant/accounts/static-credentials/{uid}");
    app.put(&path, &keys).await.assert_status(200);
    assert_eq!(app.active_secrets().len(), 1);
    stack.delete(poller).await.unwrap();
    app.assert_untouched();
}
