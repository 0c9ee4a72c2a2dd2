//! Demo of a stack that registers its account: it is created, and deleted.

use local_cloud::{
    LocalCloud,
    cloudformation::Template,
    fixtures::{PartitionDeployment, deploy_account_stack},
};

use crate::show::{Failure, expect, expect_event, print_row};

const FUNCTION: &str = "account-resource";

/// Runs the demo: deploys `templates/account-stack.yaml` in a new account of the organization.
pub(crate) async fn run(
    cloud: &LocalCloud,
    deployment: &PartitionDeployment,
) -> Result<(), Failure> {
    let poller = deployment.poller(FUNCTION).ok_or("no queue feeds the function")?;
    let topic = deployment.topic("StackTopic").ok_or("the template has no topic for stacks")?;
    let [_, customer] = &deployment.customers;
    let template = Template::from_templates_folder("account-stack.yaml");
    let template = template.map_err(|error| error.to_string())?;
    let parameters = [
        ("StackTopicArn", topic.arn()),
        ("PaletteAccountId", deployment.palette.id()),
        ("ExternalId", deployment.external_id.as_str()),
        ("RoleName", "PaletteOfStack"),
        ("NamePrefix", "stack-"),
    ];
    let account = &customer.account;
    deployment.organization().add(account, "stack-demo");
    let properties = deploy_account_stack(&template, account, deployment.region, &parameters);
    let properties = properties.map_err(|error| error.to_string())?;
    let mut stack = deployment.stack_resource(cloud, account);
    stack.create(&properties, poller).await?;
    let uid = stack.physical_id.clone().unwrap_or_default();
    print_row(deployment, FUNCTION, "stack: created", &format!("Ref returns {uid}"));
    expect_event(deployment, FUNCTION, "Gangway Account Registered")?;
    stack.delete(poller).await?;
    print_row(deployment, FUNCTION, "stack: deleted", "removed from Palette");
    expect_event(deployment, FUNCTION, "Gangway Account Removed")?;
    let dead_letters = deployment.queue("StackDlq").map_or(0, local_cloud::aws::Queue::len);
    expect(dead_letters == 0, || format!("{dead_letters} dead letters"))
}
