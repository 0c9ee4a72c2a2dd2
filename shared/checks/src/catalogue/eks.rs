//! Checks of the EKS cluster that Palette runs on, and of the clusters that Palette will create.

use gangway_model::{Check, CheckSubject, Severity};

pub static AUTH_ENDPOINT: Check = Check {
    id: "eks.auth-endpoint-reachable",
    title: "The nodes of a private cluster can reach the EKS Auth endpoint",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["P07"],
    remedy: "Create a VPC endpoint for `eks-auth` in the cluster's VPC.",
};

pub static CLUSTER_ACTIVE: Check = Check {
    id: "eks.cluster-active",
    title: "The cluster is active",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P02"],
    remedy: "Wait until the cluster's status is ACTIVE.",
};

pub static CLUSTER_EXISTS: Check = Check {
    id: "eks.cluster-exists",
    title: "Palette runs on an Amazon EKS cluster of this account",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P01"],
    remedy: "Correct `clusterName` and `clusterRegion`. If Palette does not run on EKS, use another method.",
};

pub static IMAGE_FAMILY: Check = Check {
    id: "eks.image-family",
    title: "Cluster profiles use machine images that exist in the partition",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["X15"],
    remedy: "In the cluster profiles, choose an image family that the partition offers.",
};

pub static IMAGE_SWAP: Check = Check {
    id: "eks.image-swap",
    title: "Cluster profiles replace images of public registries",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["X17"],
    remedy: "Configure Image Swap in the cluster profiles.",
};

pub static INSTANCE_METADATA_FALLBACK: Check = Check {
    id: "eks.instance-metadata-fallback",
    title: "Without the ConfigMap, Palette can get the cluster's name from the nodes",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P09"],
    remedy: "Create the ConfigMap `palette-global-config`.",
};

pub static KUBERNETES_VERSION: Check = Check {
    id: "eks.kubernetes-version",
    title: "The cluster runs Kubernetes 1.24 or later",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P03"],
    remedy: "Upgrade the cluster.",
};

pub static NODE_ROLES: Check = Check {
    id: "eks.node-roles-allow-agent",
    title: "The node roles allow the agent to request credentials",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P06"],
    remedy: "Attach the current `AmazonEKSWorkerNodePolicy`, or the policy from the plan, to the node roles.",
};

pub static AGENT_HEALTHY: Check = Check {
    id: "eks.pod-identity-agent",
    title: "The EKS Pod Identity Agent is installed and healthy",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P04"],
    remedy: "Install or repair the add-on `eks-pod-identity-agent`, or send `ensureAgent`, which installs it.",
};

pub static AGENT_ENSURED: Check = Check {
    id: "eks.pod-identity-agent-ensured",
    title: "Gangway has installed the EKS Pod Identity Agent, as the request allows",
    severity: Severity::Info,
    subject: CheckSubject::Account,
    covers: &["P04"],
    remedy: "Install the add-on by hand. See check `eks.pod-identity-agent`, and the parameters `AllowPodIdentityChanges` and `ClusterArns`.",
};

pub static WORKER_NODE_TRUST: Check = Check {
    id: "eks.worker-nodes-trust",
    title: "The images or volumes of workloads contain the partition's CA certificates",
    severity: Severity::Info,
    subject: CheckSubject::Account,
    covers: &["X16"],
    remedy: "Put the CA certificates into the images or profiles of the workload clusters.",
};
