//! Returns the steps of the setup plan. The order of the steps matters: first the roles in the
//! cluster's account, then the target roles that trust these roles, then the policies that name the
//! target roles.

use gangway_aws::eks::POD_IDENTITY_AGENT;
use gangway_checks::pod_identity::create_config_map_command;
use gangway_model::{AccountId, RoleArn};
use gangway_policies::pod_identity::{
    EksSessions, HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, RolePurpose, ServiceAccount,
};
use serde_json::{Value, json};

use super::{PlanQuery, permission_policies, shell_command::ShellCommand};

/// A step of the setup plan with its shell commands.
pub(super) struct Step {
    title: String,
    account: AccountId,
    commands: Vec<String>,
}

impl Step {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "title": self.title,
            "accountId": self.account.as_str(),
            "commands": self.commands,
        })
    }

    /// Returns the commands as a shell script. The shell needs credentials of the step's AWS
    /// account.
    pub(super) fn to_script(&self) -> String {
        format!("# {}, in account {}\n{}", self.title, self.account, self.commands.join("\n"))
    }
}

/// Returns all steps of the setup plan in the order in which they must be done.
pub(super) fn all_steps(query: &PlanQuery, sessions: &EksSessions) -> Vec<Step> {
    let mut steps = Vec::new();
    let (mut last_steps, roles) = (Vec::new(), &query.roles);
    for (purpose, arn) in roles.in_creation_order() {
        steps.push(create_role_step(query, purpose, arn, sessions));
        let attach = attach_policy_step(query, purpose, arn);
        match purpose {
            // The policies of local roles name the target roles, which must exist first.
            RolePurpose::IdentityLocal | RolePurpose::HubbleLocal => last_steps.push(attach),
            RolePurpose::Palette
            | RolePurpose::Hubble
            | RolePurpose::Identity
            | RolePurpose::PaletteTarget
            | RolePurpose::HubbleTarget => steps.push(attach),
        }
    }
    steps.extend(last_steps);
    steps.extend(cluster_steps(query));
    steps
}

fn create_role_step(
    query: &PlanQuery,
    purpose: RolePurpose,
    arn: &RoleArn,
    sessions: &EksSessions,
) -> Step {
    let trust = query.roles.trust(purpose, sessions);
    let mut create = ShellCommand::new("aws iam create-role").with("--role-name", arn.name());
    if let Some(role_path) = role_path(arn) {
        create = create.with("--path", role_path);
    }
    let create = create.with("--assume-role-policy-document", trust);
    // IAM accepts a trust policy only if it can already find the roles that the policy names.
    let wait = ShellCommand::new("aws iam wait role-exists").with("--role-name", arn.name());
    Step {
        title: format!("create {}, the role {}", arn.name(), purpose.id()),
        account: arn.account(),
        commands: vec![create.to_string(), wait.to_string()],
    }
}

/// Returns the path of a role, unless it is `/`.
fn role_path(arn: &RoleArn) -> Option<&str> {
    let (_, resource) = arn.as_str().split_once(":role")?;
    let role_path = resource.strip_suffix(arn.name())?;
    (role_path != "/").then_some(role_path)
}

fn attach_policy_step(query: &PlanQuery, purpose: RolePurpose, arn: &RoleArn) -> Step {
    let (partition, account) = (arn.partition(), arn.account());
    let mut commands = Vec::new();
    for (name, document) in permission_policies(query, purpose) {
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
    let cluster_command = |command| {
        ShellCommand::new(command)
            .with("--cluster-name", &cluster.name)
            .with("--region", &cluster.region)
    };
    let associate_command = |account: ServiceAccount, role: &RoleArn, target: Option<&RoleArn>| {
        let command = cluster_command("aws eks create-pod-identity-association")
            .with("--namespace", account.namespace)
            .with("--service-account", account.name)
            .with("--role-arn", role);
        match target {
            Some(target) => command.with("--target-role-arn", target).to_string(),
            None => command.to_string(),
        }
    };
    let restart_command = |account: ServiceAccount| {
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
    let agent = cluster_command("aws eks create-addon").with("--addon-name", POD_IDENTITY_AGENT);
    vec![
        step("install the agent, unless the cluster has it", vec![agent.to_string()]),
        step(
            "associate the roles with Palette's service accounts",
            vec![
                associate_command(HUBBLE_SERVICE_ACCOUNT, roles.hubble(), roles.hubble_target()),
                associate_command(IDENTITY_SERVICE_ACCOUNT, roles.identity(), None),
            ],
        ),
        step(
            "set the cluster name for Palette",
            vec![kubeconfig.to_string(), create_config_map_command(cluster.name.as_str())],
        ),
        step(
            "restart Palette's pods",
            vec![
                restart_command(HUBBLE_SERVICE_ACCOUNT),
                restart_command(IDENTITY_SERVICE_ACCOUNT),
            ],
        ),
    ]
}
