//! What Kubernetes holds of the cluster.

use gangway_policies::pod_identity::{
    HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, ServiceAccount,
};
use serde_json::{Value, json};

use super::PaletteCluster;

/// What EKS puts into the environment of pods that it gives credentials to.
const CREDENTIALS: [(&str, &str); 2] = [
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials"),
    (
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token",
    ),
];

/// The ConfigMap that tells Palette the name of its own cluster.
pub(super) const CONFIG_MAP_PATH: &str =
    "/api/v1/namespaces/kube-system/configmaps/palette-global-config";
/// The agent.
pub(super) const AGENT_PATH: &str =
    "/apis/apps/v1/namespaces/kube-system/daemonsets/eks-pod-identity-agent";

/// A pod of a service account, by labels that say what it is.
pub(super) struct Pod<'a> {
    pub(super) account: ServiceAccount,
    pub(super) name: &'a str,
    pub(super) label: (&'a str, &'a str),
    /// Which of its two containers have the credentials.
    pub(super) credentials: [bool; 2],
}

impl Pod<'_> {
    fn object(&self) -> Value {
        let container = |name: &str, has: bool| {
            let own = [("LOG_LEVEL", "info")];
            let given = if has { CREDENTIALS.as_slice() } else { &[] };
            let env: Vec<_> = own
                .iter()
                .chain(given)
                .map(|(name, value)| json!({"name": name, "value": value}))
                .collect();
            json!({"name": name, "image": "registry.example.com/spectro:4.8", "env": env})
        };
        let [first, second] = self.credentials;
        let (key, value) = self.label;
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": self.name, "labels": {key: value}},
            "spec": {
                "serviceAccountName": self.account.name,
                "containers": [container("sidecar", first), container("main", second)],
            },
            "status": {"phase": "Running"},
        })
    }
}

impl PaletteCluster {
    pub(super) fn put_object(&self, namespace: Option<&str>, place: &str, object: Value) {
        self.cluster.with(|cluster| cluster.put(namespace, place.to_owned(), object));
    }

    pub(super) fn put_pod(&self, pod: &Pod<'_>) {
        let namespace = pod.account.namespace;
        let place = format!("/api/v1/namespaces/{namespace}/pods/{}", pod.name);
        self.put_object(Some(namespace), &place, pod.object());
    }

    pub(super) fn put_agent(&self, ready: u32) {
        let agent = json!({
            "apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": {"name": "eks-pod-identity-agent"},
            "spec": {
                "selector": {"matchLabels": {"app": "agent"}},
                "template": {"metadata": {"labels": {"app": "agent"}}},
            },
            "status": {
                "currentNumberScheduled": 3, "desiredNumberScheduled": 3,
                "numberMisscheduled": 0, "numberReady": ready,
            },
        });
        self.put_object(Some("kube-system"), AGENT_PATH, agent);
    }

    pub(super) fn put_config(&self, name: &str) {
        let config = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "palette-global-config"},
            "data": {"managementClusterName": name},
        });
        self.put_object(Some("kube-system"), CONFIG_MAP_PATH, config);
    }

    pub(super) fn put_node(&self, name: &str, group: Option<&str>) {
        let labels = group.map_or_else(
            || json!({"kubernetes.io/os": "linux"}),
            |group| json!({"kubernetes.io/os": "linux", "eks.amazonaws.com/nodegroup": group}),
        );
        let node = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
        });
        self.put_object(None, &format!("/api/v1/nodes/{name}"), node);
    }

    pub(super) fn remove_object(&self, place: &str) {
        self.cluster.with(|cluster| drop(cluster.objects.remove(place)));
    }

    pub(super) fn set_up_kubernetes(&self) {
        self.cluster.with(|cluster| cluster.objects.clear());
        for namespace in
            ["kube-system", HUBBLE_SERVICE_ACCOUNT.namespace, IDENTITY_SERVICE_ACCOUNT.namespace]
        {
            let object = json!({
                "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace},
            });
            self.put_object(None, &format!("/api/v1/namespaces/{namespace}"), object);
        }
        for number in 1..=3 {
            self.put_node(&format!("ip-10-0-0-{number}.internal"), Some("workers"));
        }
        self.put_config(self.cluster.name());
        self.put_agent(3);
        for account in [HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT] {
            let ServiceAccount { namespace, name } = account;
            let object = json!({
                "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name},
            });
            let place = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}");
            self.put_object(Some(namespace), &place, object);
            let pod = format!("{name}-7d9f8c6b5-x2x4k");
            let label = ("app", name);
            // EKS's webhook serves every container; it does no harm if one of them is left out.
            self.put_pod(&Pod { account, name: &pod, label, credentials: [false, true] });
        }
        // A pod beside Hubble's that has done its work.
        let job = Pod {
            account: HUBBLE_SERVICE_ACCOUNT,
            name: "spectro-hubble-migrate-k7k2p",
            label: ("app", "spectro-hubble"),
            credentials: [false, false],
        };
        let mut object = job.object();
        object["status"]["phase"] = json!("Succeeded");
        let place =
            format!("/api/v1/namespaces/{}/pods/{}", HUBBLE_SERVICE_ACCOUNT.namespace, job.name);
        self.put_object(Some(HUBBLE_SERVICE_ACCOUNT.namespace), &place, object);
    }
}
