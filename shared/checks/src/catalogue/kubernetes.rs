//! Checks of objects in the Kubernetes cluster that Palette runs on.

use gangway_model::{Check, CheckSubject, Severity};

pub static PODS_READABLE: Check = Check {
    id: "kubernetes.access",
    title: "Gangway may read Palette's pods",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P10"],
    remedy: "Create an EKS access entry with `AmazonEKSViewPolicy` for the role that runs the checks.",
};

pub static AGENT_ON_EVERY_NODE: Check = Check {
    id: "kubernetes.agent-on-every-node",
    title: "The EKS Pod Identity Agent runs on every node",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P05"],
    remedy: "Find out why the agent's pods do not start, or install the add-on again.",
};

pub static GLOBAL_CONFIG: Check = Check {
    id: "kubernetes.global-config",
    title: "The ConfigMap `palette-global-config` names the cluster",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["P08"],
    remedy: "Create the ConfigMap, or send `ensureConfigMap`.",
};

pub static CONFIG_MAP_ENSURED: Check = Check {
    id: "kubernetes.global-config-ensured",
    title: "Gangway has created or corrected the ConfigMap",
    severity: Severity::Info,
    subject: CheckSubject::Account,
    covers: &["P08"],
    remedy: "See check `kubernetes.global-config`.",
};

pub static PODS_RESTARTED: Check = Check {
    id: "kubernetes.pods-have-credentials",
    title: "Palette's pods started after their associations were made, so they have credentials",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P25"],
    remedy: "Restart Palette's pods once the associations are correct.",
};

pub static SERVICE_ACCOUNTS: Check = Check {
    id: "kubernetes.service-accounts",
    title: "Palette's service accounts exist",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["P26"],
    remedy: "Check that this is the cluster that Palette runs on.",
};
