//! The steps of the plan. The order matters: first the roles in the cluster's account, then the
//! roles that trust them, then the permissions that name the latter.

use gangway_aws::eks::POD_IDENTITY_AGENT;
use gangway_checks::pod_identity::create_config_map_command;
use gangway_model::{AccountId, RoleArn};
use gangway_policies::pod_identity::{
    EksSessions, HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, RolePurpose, ServiceAccount,
};
use serde_json::{Value, json};

use super::{PlanQuery, policies_of, shell_command::ShellCommand};

/// A step with its shell commands.
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

    /// Returns the commands as a script, for a shell with credentials of the step's AWS account.
    pub(super) fn script(&self) -> String {
        format!("# {}, in account {}\n{}", self.title, self.account, self.commands.join("\n"))
    }
}

pub(super) fn all_steps(query: &PlanQuery, ids: &EksSessions) -> Vec<Step> {
    let mut steps = Vec::new();
    let (mut later, roles) = (Vec::new(), &query.roles);
    for (purpose, arn) in roles.in_creation_order() {
        steps.push(create_role_step(query, purpose, arn, ids));
        let attach = attach_policy_step(query, purpose, arn);
        match purpose {
            // Their policies name the target roles, which must exist first.
            RolePurpose::IdentityLocal | RolePurpose::HubbleLocal => later.push(attach),
            RolePurpose::Palette
            | RolePurpose::Hubble
            | RolePurpose::Identity
            | RolePurpose::PaletteTarget
            | RolePurpose::HubbleTarget => steps.push(attach),
        }
    }
    steps.extend(later);
    steps.extend(cluster_steps(query));
    steps
}

fn create_role_step(
    query: &PlanQuery,
    purpose: RolePurpose,
    arn: &RoleArn,
    ids: &EksSessions,
) -> Step {
    let trust = query.roles.trust(purpose, ids);
    let mut create = ShellCommand::new("aws iam create-role").with("--role-name", arn.name());
    if let Some(path) = path(arn) {
        create = create.with("--path", path);
    }
    let create = create.with("--assume-role-policy-document", trust);
    // A trust policy may name a role only after IAM has made it visible.
    let wait = ShellCommand::new("aws iam wait role-exists").with("--role-name", arn.name());
    Step {
        title: format!("create {}, the role {}", arn.name(), purpose.id()),
        account: arn.account(),
        commands: vec![create.to_string(), wait.to_string()],
    }
}

/// Returns the path of a role, unless it is `/`.
fn path(arn: &RoleArn) -> Option<&str> {
    let (_, resource) = arn.as_str().split_once(":role")?;
    let path = resource.strip_suffix(arn.name())?;
    (path != "/").then_some(path)
}

fn attach_policy_step(query: &PlanQuery, purpose: RolePurpose, arn: &RoleArn) -> Step {
    let (partition, account) = (arn.partition(), arn.account());
    let mut commands = Vec::new();
    for (name, document) in policies_of(query, purpose) {
        let create = ShellCommand::new("aws iam create-policy")
            .with("--policy-name", name)
            .with("--policy-document", document);
        let attach = ShellCommand::new("aws iam attach-role-policy")
            .with("--role-name", arn.name())
            .with("--policy-arn", format!("arn:{partition}:iam::{account}:policy/{name}"));
        commands.extend([create.to_string(), attach.to_string()]);
    }
    Step { title: format!("attach the policies of {}", arn.name()), account, commands }
}

fn cluster_steps(query: &PlanQuery) -> Vec<Step> {
    let (cluster, roles) = (&query.cluster, &query.roles);
    let for_cluster = |words| {
        ShellCommand::new(words)
            .with("--cluster-name", &cluster.name)
            .with("--region", &cluster.region)
    };
    let associate = |account: ServiceAccount, role: &RoleArn, target: Option<&RoleArn>| {
        let command = for_cluster("aws eks create-pod-identity-association")
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
    let agent = for_cluster("aws eks create-addon").with("--addon-name", POD_IDENTITY_AGENT);
    vec![
        step("install the agent, unless the cluster has it", vec![agent.to_string()]),
        step(
            "associate the roles with Palette's service accounts",
            vec![
                associate(HUBBLE_SERVICE_ACCOUNT, roles.hubble(), roles.hubble_target()),
                associate(IDENTITY_SERVICE_ACCOUNT, roles.identity(), None),
            ],
        ),
        step(
            "set the cluster name for Palette",
            vec![kubeconfig.to_string(), create_config_map_command(cluster.name.as_str())],
        ),
        step(
            "restart Palette's pods",
            vec![restart(HUBBLE_SERVICE_ACCOUNT), restart(IDENTITY_SERVICE_ACCOUNT)],
        ),
    ]
}
