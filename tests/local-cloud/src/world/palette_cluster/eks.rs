//! What EKS holds of the cluster.

use std::collections::{BTreeMap, BTreeSet};

use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT};

use super::{NAME, PaletteCluster};
use crate::aws::{
    Role,
    eks::{AccessRules, Addon, NewCluster, Nodegroup, RbacRule},
};

/// What `AmazonEKSAdminViewPolicy` lets somebody look at, as far as it is served here.
const VIEWABLE_RESOURCES: [&str; 7] =
    ["configmaps", "daemonsets", "deployments", "namespaces", "networkpolicies", "nodes", "pods"];

impl PaletteCluster {
    /// EKS knows it, whatever became of it before.
    pub(super) fn recreate(&self) {
        let (account, region) = (self.cluster.account(), self.cluster.region());
        let (endpoint, authority) = (self.endpoint.as_str(), self.authority.as_str());
        let new = NewCluster { name: NAME, region, version: "1.33", endpoint, authority };
        account.aws().cluster(account, &new);
    }

    /// The role of its nodes.
    pub fn node_role(&self) -> Role {
        self.cluster.account().role("PaletteNodeRole")
    }

    pub(super) fn set_up_eks(&self) {
        let node_role = self.node_role();
        node_role.attach(&self.cluster.account().managed("AmazonEKSWorkerNodePolicy"));
        let group = Nodegroup { status: "ACTIVE".to_owned(), node_role: node_role.arn() };
        self.cluster.with(|cluster| {
            cluster.nodegroups = BTreeMap::from([("workers".to_owned(), group)]);
            cluster.addons = ["coredns", "eks-pod-identity-agent", "kube-proxy", "vpc-cni"]
                .map(|name| {
                    let (status, version) = ("ACTIVE".to_owned(), "v1.3.8-eksbuild.2".to_owned());
                    (name.to_owned(), Addon { status, version, issues: Vec::new() })
                })
                .into();
        });
        let roles = self.roles(self.case());
        let target = roles.hubble_target().map(gangway_model::RoleArn::as_str);
        let hubble = (HUBBLE_SERVICE_ACCOUNT.namespace, HUBBLE_SERVICE_ACCOUNT.name);
        self.cluster.associate(hubble, roles.hubble().as_str(), target);
        let identity = (IDENTITY_SERVICE_ACCOUNT.namespace, IDENTITY_SERVICE_ACCOUNT.name);
        self.cluster.associate(identity, roles.identity().as_str(), None);
        self.set_up_access_entries();
    }

    /// Who may look may look at everything, and make `ConfigMaps` in `kube-system`.
    pub(super) fn set_up_access_entries(&self) {
        let everywhere = |verb| {
            let viewed = VIEWABLE_RESOURCES.into_iter().chain(["serviceaccounts"]);
            viewed.map(move |resource| RbacRule { verb, resource, namespace: None })
        };
        let edit =
            RbacRule { verb: "create", resource: "configmaps", namespace: Some("kube-system") };
        let rules: BTreeSet<_> =
            everywhere("get").chain(everywhere("list")).chain([edit]).collect();
        self.set_access_rules(&rules);
    }

    /// Whoever was admitted may do this in Kubernetes, and no more.
    pub(super) fn set_access_rules(&self, rules: &BTreeSet<RbacRule>) {
        let watchers =
            self.watchers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        self.cluster.with(|cluster| {
            let all = watchers.into_iter().map(|role| (role, AccessRules(rules.clone())));
            cluster.access = all.collect();
        });
    }
}
