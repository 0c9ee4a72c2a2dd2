//! The template that registers an AWS account by a stack: the file in `templates/`, and the
//! template that the API returns.

use acceptance::PARTITIONS;
use gangway_model::PermissionProfile;
use local_cloud::{
    Effect, Fault,
    cloudformation::Template,
    fixtures::{Delivery, deploy_account_stack},
};

use crate::fixture::StackApp;

#[tokio::test(flavor = "multi_thread")]
async fn account_stack_is_created_changed_rolled_back_and_deleted() {
    for partition in PARTITIONS {
        let app = StackApp::start(partition).await;
        let (customer, poller, region) = (app.customer(), app.poller(), app.deployment().region);
        customer.role.clone().delete();
        for document in gangway_policies::documents_for(PermissionProfile::CoreEks) {
            customer.account.delete_policy(&customer.policy(*document));
        }
        let facts = app.get("/v1/sts/trust?permissionProfile=minimum-eks-static").await;
        facts.assert_status(200);
        let topic = app.deployment().topic("StackTopic").expect("a topic").arn().to_owned();
        let (palette, external_id) =
            (facts.text_at("/paletteAccountId"), facts.text_at("/externalId"));
        let of_api = facts.body["accountStackTemplate"].to_string();
        let of_api = Template::parse(&of_api).expect("a template");
        let of_repository = Template::from_templates_folder("account-stack.yaml");
        let of_repository = of_repository.expect("a template");
        let given = [
            ("StackTopicArn", topic.as_str()),
            ("PaletteAccountId", palette),
            ("ExternalId", external_id),
            ("PermissionProfile", "minimum-eks-static"),
        ];
        for (template, parameters) in [(&of_api, &[][..]), (&of_repository, &given[..])] {
            let deploy = |more: &[(&str, &str)]| {
                let all: Vec<_> = parameters.iter().chain(more).copied().collect();
                let properties = deploy_account_stack(template, &customer.account, region, &all);
                properties.expect("the template can be evaluated")
            };
            let mut stack = app.new_stack_resource();
            stack.delivery = Delivery::Twice;
            let (first, second) = (deploy(&[]), deploy(&[("NamePrefix", "team-")]));
            assert_eq!(first["ServiceToken"], topic.as_str());
            for effect in [Effect::InternalError, Effect::DisconnectAfter, Effect::Throttle] {
                app.cloud().fault(Fault::on("*", "*", effect).at_random(60, 7));
            }
            let names = |prefix: &str| vec![format!("{prefix}{}", customer.account.id())];
            stack.create(&first, poller).await.expect("created");
            assert_eq!(app.account_names(), names("aws-"));
            stack.update_and_roll_back(&second, poller).await;
            assert_eq!(app.account_names(), names("aws-"));
            stack.update(&second, poller).await.expect("updated");
            assert_eq!(app.account_names(), names("team-"));
            stack.delete(poller).await.expect("deleted");
            stack.deliver_again();
            app.handle_all_messages().await;
            app.cloud().faults().clear();
            app.assert_untouched();
        }
    }
}
