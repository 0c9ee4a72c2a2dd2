//! The steps, in an order that works: roles of the cluster's account, then the roles that trust them, then the permissions
//! that name those (T8).

use gangway_model::{AccountId, RoleArn};
use gangway_policies::pod_identity::{
    ExternalIds, HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, RolePurpose, ServiceAccount,
};
use serde_json::{Value, json};

use super::{PlanQuery, config_command, policies_of, shell_command::ShellCommand};
use crate::eks::AGENT;

/// A step, with the commands that take it.
pub(super) struct Step {
    title: String,
    account: AccountId,
    commands: Vec<String>,
}

impl Step {
    pub(super) fn json(&self) -> Value {
        json!({
            "title": self.title,
            "accountId": self.account.as_str(),
            "commands": self.commands,
        })
    }

    /// For a shell with credentials of the step's account.
    pub(super) fn script(&self) -> String {
        format!("# {}, in account {}\n{}", self.title, self.account, self.commands.join("\n"))
    }
}

pub(super) fn all_steps(question: &PlanQuery, ids: &ExternalIds) -> Vec<Step> {
    let mut steps = Vec::new();
    let (mut later, roles) = (Vec::new(), &question.roles);
    for (part, arn) in roles.in_creation_order() {
        steps.push(create_role_step(question, part, arn, ids));
        let grant = attach_policy_step(question, part, arn);
        match part {
            // They name the target roles, and the identity service's names itself: a second stage.
            RolePurpose::IdentityLocal | RolePurpose::HubbleLocal => later.push(grant),
            RolePurpose::Palette
            | RolePurpose::Hubble
            | RolePurpose::Identity
            | RolePurpose::PaletteTarget
            | RolePurpose::HubbleTarget => steps.push(grant),
        }
    }
    steps.extend(later);
    steps.extend(cluster_steps(question));
    steps
}

fn create_role_step(
    question: &PlanQuery,
    part: RolePurpose,
    arn: &RoleArn,
    ids: &ExternalIds,
) -> Step {
    let trust = question.roles.trust(part, ids);
    let mut create = ShellCommand::new("aws iam create-role").with("--role-name", arn.name());
    if let Some(path) = path(arn) {
        create = create.with("--path", path);
    }
    let create = create.with("--assume-role-policy-document", trust);
    // A trust may name a role only once IAM shows it.
    let wait = ShellCommand::new("aws iam wait role-exists").with("--role-name", arn.name());
    Step {
        title: format!("make {}, the role {}", arn.name(), part.id()),
        account: arn.account(),
        commands: vec![create.to_string(), wait.to_string()],
    }
}

/// The path of a role, where it has one.
fn path(arn: &RoleArn) -> Option<&str> {
    let (_, resource) = arn.as_str().split_once(":role")?;
    let path = resource.strip_suffix(arn.name())?;
    (path != "/").then_some(path)
}

fn attach_policy_step(question: &PlanQuery, part: RolePurpose, arn: &RoleArn) -> Step {
    let (partition, account) = (arn.partition(), arn.account());
    let mut commands = Vec::new();
    for (name, document) in policies_of(question, part) {
        let create = ShellCommand::new("aws iam create-policy")
            .with("--policy-name", name)
            .with("--policy-document", document);
        let attach = ShellCommand::new("aws iam attach-role-policy")
            .with("--role-name", arn.name())
            .with("--policy-arn", format!("arn:{partition}:iam::{account}:policy/{name}"));
        commands.extend([create.to_string(), attach.to_string()]);
    }
    Step { title: format!("let {} do its part", arn.name()), account, commands }
}

fn cluster_steps(question: &PlanQuery) -> Vec<Step> {
    let (cluster, roles) = (&question.cluster, &question.roles);
    let of_cluster = |words| {
        ShellCommand::new(words)
            .with("--cluster-name", &cluster.name)
            .with("--region", &cluster.region)
    };
    let associate = |account: ServiceAccount, role: &RoleArn, target: Option<&RoleArn>| {
        let command = of_cluster("aws eks create-pod-identity-association")
            .with("--namespace", account.namespace)
            .with("--service-account", account.name)
            .with("--role-arn", role);
        match target {
            Some(target) => command.with("--target-role-arn", target).to_string(),
            None => command.to_string(),
        }
    };
    let restart = |account: ServiceAccount| {
        format!("kubectl delete pods -n {} -l app={}", account.namespace, account.name)
    };
    let kubeconfig = ShellCommand::new("aws eks update-kubeconfig")
        .with("--name", &cluster.name)
        .with("--region", &cluster.region);
    let step = |title: &str, commands| Step {
        title: title.to_owned(),
        account: cluster.account,
        commands,
    };
    let agent = of_cluster("aws eks create-addon").with("--addon-name", AGENT);
    vec![
        step("install the agent, unless the cluster has it", vec![agent.to_string()]),
        step(
            "associate the roles with Palette's service accounts",
            vec![
                associate(HUBBLE_SERVICE_ACCOUNT, roles.hubble(), roles.hubble_target()),
                associate(IDENTITY_SERVICE_ACCOUNT, roles.identity(), None),
            ],
        ),
        step("name the cluster to Palette", vec![kubeconfig.to_string(), config_command(question)]),
        step(
            "restart Palette's pods",
            vec![restart(HUBBLE_SERVICE_ACCOUNT), restart(IDENTITY_SERVICE_ACCOUNT)],
        ),
    ]
}
