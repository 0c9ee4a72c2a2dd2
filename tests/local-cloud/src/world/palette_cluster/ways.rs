//! Ways to break it.

use std::collections::BTreeSet;

use gangway_policies::pod_identity::{
    HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, REGISTRY_SERVICE_ACCOUNT, RolePurpose,
    ServiceAccount,
};
use serde_json::{Value, json};

use super::{
    PaletteCluster,
    objects::{AGENT_PATH, CONFIG_MAP_PATH, Pod},
};

/// What is wrong with the cluster or its roles. What is wrong with a request alone is not here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// EKS has no such cluster (P01).
    NoCluster,
    /// The cluster is only registered with EKS (P01).
    RunsElsewhere,
    /// It is being updated (P02).
    Updating,
    /// It runs Kubernetes 1.23 (P03).
    Old,
    /// The agent's add-on is degraded (P04).
    AgentDegraded,
    /// There is no agent at all (P04).
    NoAgent,
    /// The agent was installed with Helm: no fault (P04).
    AgentOfHelm,
    /// The agent is ready on two of three nodes (P05).
    AgentNotEverywhere,
    /// The role of the nodes does not let the agent ask for credentials (P06).
    NodesNotAllowed,
    /// Its network is private, with no way out that EKS tells of (P07).
    Private,
    /// There is no ConfigMap (P08).
    NoConfig,
    /// The ConfigMap has no such key (P08).
    ConfigWithoutName,
    /// The ConfigMap names another cluster (P08).
    ConfigOfAnother,
    /// There is no ConfigMap, and a node is of no managed group (P09).
    SelfManagedNode,
    /// There is no ConfigMap, and pods run on Fargate (P09).
    Fargate,
    /// There is no ConfigMap, and no managed node group either (P09).
    NoNodegroups,
    /// Kubernetes knows Gangway, and lets it do nothing (P10).
    NotAllowedIn,
    /// Kubernetes does not know Gangway (P10).
    NotKnown,
    /// The trust of a role lacks `sts:TagSession` (P11, P13, P14, P16, P19).
    TrustWithoutTags(RolePurpose),
    /// The trust of a role lets nobody of Palette's in (P11, P13, P14, P16–P19).
    TrustsOthers(RolePurpose),
    /// A role lacks its own permissions (P12, P13, P14, P16–P19).
    WithoutPermissions(RolePurpose),
    /// A role is not there (P11, P13, P14, P16–P19).
    NoRole(RolePurpose),
    /// Palette's target role asks for the manager's external id with a wildcard that `StringEquals` takes by the letter (P17).
    WildcardByTheLetter,
    /// Palette's target role asks for the external ids of another region (P17).
    OtherRegion,
    /// Hubble's target role trusts the role that the documents name, not the one that is there (P18).
    DocumentedPrincipal,
    /// A service account has no association (P20, P21).
    NotAssociated(ServiceAccount),
    /// A service account is associated with another role (P20, P21).
    OtherRole(ServiceAccount),
    /// A service account is associated with another role by an add-on, which owns the association (P20, P21).
    OwnedByAddon(ServiceAccount),
    /// Hubble's association has no target role, as after the documents' command (P22).
    NoTarget,
    /// The identity service's association has a target role (P22).
    SuperfluousTarget,
    /// Hubble's target role asks for another external id than EKS issued (P23).
    OtherExternalId,
    /// Somebody has associated Palette's own role (P24).
    PaletteAssociated,
    /// The pods of a service account are older than its association (P25).
    NotRestarted(ServiceAccount),
    /// A pod has one of both variables (P25).
    HalfRestarted(ServiceAccount),
    /// Hubble's pods have the other of the labels that its documents name: no fault (P25).
    OtherLabel,
    /// A service account is not there (P26).
    NoServiceAccount(ServiceAccount),
    /// The reader of pack registries has another role than Hubble (P28).
    RegistryWithOtherRole,
}

/// Trusts nobody that matters.
fn unrelated_trust() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }],
    })
}

impl PaletteCluster {
    /// Breaks it, until it is fixed.
    pub fn break_it(&self, way: Way) -> &Self {
        let cluster = &self.cluster;
        match way {
            Way::NoCluster => cluster.remove(),
            Way::RunsElsewhere => cluster.with(|it| it.connected = Some("OTHER".to_owned())),
            Way::Updating => cluster.with(|it| "UPDATING".clone_into(&mut it.status)),
            Way::Old => cluster.with(|it| "1.23".clone_into(&mut it.version)),
            Way::AgentDegraded => self.degrade_agent(),
            Way::NoAgent => {
                self.remove_agent_addon();
                self.remove_object(AGENT_PATH);
            }
            Way::AgentOfHelm => self.remove_agent_addon(),
            Way::AgentNotEverywhere => self.put_agent(2),
            Way::NodesNotAllowed => {
                let managed = self.cluster.account().managed("AmazonEKSWorkerNodePolicy");
                self.node_role().detach(&managed);
            }
            Way::Private => cluster.with(|it| it.private = true),
            Way::NoConfig => self.remove_object(CONFIG_MAP_PATH),
            Way::ConfigWithoutName => self.put_config_without_name(),
            Way::ConfigOfAnother => self.put_config("another-cluster"),
            Way::SelfManagedNode => {
                self.remove_object(CONFIG_MAP_PATH);
                self.put_node("ip-10-0-0-9.internal", None);
            }
            Way::Fargate => {
                self.remove_object(CONFIG_MAP_PATH);
                cluster.with(|it| it.fargate.insert("default".to_owned()));
            }
            Way::NoNodegroups => {
                self.remove_object(CONFIG_MAP_PATH);
                cluster.with(|it| it.nodegroups.clear());
            }
            Way::NotAllowedIn => self.set_access_rules(&BTreeSet::new()),
            Way::NotKnown => cluster.with(|it| it.access.clear()),
            Way::TrustWithoutTags(part) => self.remove_tag_session_from_trust(part),
            Way::TrustsOthers(part) => drop(self.role(part).trust(&unrelated_trust())),
            Way::WithoutPermissions(part) => drop(self.role(part).detach(&self.policy(part))),
            Way::NoRole(part) => self.role(part).remove(),
            Way::WildcardByTheLetter => {
                self.replace_in_trust(RolePurpose::PaletteTarget, "StringLike", "StringEquals");
            }
            Way::OtherRegion => {
                let region = format!("\"{}/", cluster.region());
                self.replace_in_trust(RolePurpose::PaletteTarget, &region, "\"ap-south-2/");
            }
            Way::DocumentedPrincipal => self.trust_documented_principal(),
            Way::NotAssociated(account) => cluster.dissociate((account.namespace, account.name)),
            Way::OtherRole(account) => self.associate_other_role(account),
            Way::OwnedByAddon(account) => {
                self.associate_other_role(account);
                cluster.own((account.namespace, account.name), "palette-pods");
            }
            Way::NoTarget => {
                self.associate(
                    HUBBLE_SERVICE_ACCOUNT,
                    self.roles(self.case()).hubble().as_str(),
                    None,
                );
            }
            Way::SuperfluousTarget => {
                let roles = self.roles(self.case());
                let target = roles.palette().as_str();
                self.associate(IDENTITY_SERVICE_ACCOUNT, roles.identity().as_str(), Some(target));
            }
            Way::OtherExternalId => {
                self.replace_in_trust(
                    RolePurpose::HubbleTarget,
                    "/spectro-hubble\"",
                    "/another-hubble\"",
                );
            }
            Way::PaletteAssociated => {
                let roles = self.roles(self.case());
                let manual = ServiceAccount { namespace: "default", name: "palette" };
                // EKS takes no role of another account: there it goes in as a target.
                let palette = roles.palette().as_str();
                match roles.hubble_target() {
                    None => self.associate(manual, palette, None),
                    Some(_) => self.associate(manual, roles.identity().as_str(), Some(palette)),
                }
            }
            Way::NotRestarted(account) => self.put_other_pod(account, ("app", account.name), 0),
            Way::HalfRestarted(account) => self.remove_token_variable(account),
            Way::OtherLabel => {
                self.remove_object(&pod_of(HUBBLE_SERVICE_ACCOUNT));
                self.put_other_pod(HUBBLE_SERVICE_ACCOUNT, ("component", "cloud"), 2);
            }
            Way::NoServiceAccount(ServiceAccount { namespace, name }) => {
                self.remove_object(&format!(
                    "/api/v1/namespaces/{namespace}/serviceaccounts/{name}"
                ));
            }
            Way::RegistryWithOtherRole => {
                let roles = self.roles(self.case());
                self.associate(REGISTRY_SERVICE_ACCOUNT, roles.identity().as_str(), None);
            }
        }
        self
    }
}

fn pod_of(ServiceAccount { namespace, name }: ServiceAccount) -> String {
    format!("/api/v1/namespaces/{namespace}/pods/{name}-7d9f8c6b5-x2x4k")
}

impl PaletteCluster {
    fn associate(&self, account: ServiceAccount, role: &str, target: Option<&str>) {
        self.cluster.associate((account.namespace, account.name), role, target);
    }

    fn associate_other_role(&self, account: ServiceAccount) {
        let other = self.cluster.account().role("SomebodyElse");
        let roles = self.roles(self.case());
        let target = roles.hubble_target().filter(|_| account == HUBBLE_SERVICE_ACCOUNT);
        self.associate(account, &other.arn(), target.map(gangway_model::RoleArn::as_str));
    }

    fn remove_agent_addon(&self) {
        self.cluster.with(|it| drop(it.addons.remove("eks-pod-identity-agent")));
    }

    fn degrade_agent(&self) {
        self.cluster.with(|it| {
            if let Some(agent) = it.addons.get_mut("eks-pod-identity-agent") {
                "DEGRADED".clone_into(&mut agent.status);
                let message = "The add-on is unhealthy because one of its pods does not run.";
                agent.issues.push(("InsufficientNumberOfReplicas".to_owned(), message.to_owned()));
            }
        });
    }

    fn put_config_without_name(&self) {
        let config = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "palette-global-config"}, "data": {"other": "value"},
        });
        self.put_object(Some("kube-system"), CONFIG_MAP_PATH, config);
    }

    /// A role's trust with some of its text in another's place.
    fn replace_in_trust(&self, part: RolePurpose, text: &str, other: &str) {
        let trust = self.trust(part).to_string().replace(text, other);
        self.role(part).trust(&serde_json::from_str(&trust).expect("still a document"));
    }

    fn remove_tag_session_from_trust(&self, part: RolePurpose) {
        let mut trust = self.trust(part);
        let statements = trust.get_mut("Statement").and_then(Value::as_array_mut);
        for statement in statements.expect("statements") {
            if statement["Action"].is_array() {
                statement["Action"] = json!("sts:AssumeRole");
            }
        }
        let statements = trust.get_mut("Statement").and_then(Value::as_array_mut);
        statements.expect("statements").retain(|one| one["Action"] != "sts:TagSession");
        self.role(part).trust(&trust);
    }

    fn trust_documented_principal(&self) {
        let documented = self.cluster.account().role("spectro-hubble-identity");
        let real = self.role(RolePurpose::HubbleLocal).arn();
        self.replace_in_trust(RolePurpose::HubbleTarget, &real, &documented.arn());
    }

    fn put_other_pod(&self, account: ServiceAccount, label: (&str, &str), containers: usize) {
        let credentials = [containers > 0, containers > 1];
        let name = format!("{}-7d9f8c6b5-x2x4k", account.name);
        self.put_pod(&Pod { account, name: &name, label, credentials });
    }

    fn remove_token_variable(&self, account: ServiceAccount) {
        self.cluster.with(|it| {
            if let Some(pod) = it.objects.get_mut(&pod_of(account)) {
                let half =
                    pod.to_string().replace("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "OTHER");
                *pod = serde_json::from_str(&half).expect("still a pod");
            }
        });
    }
}
