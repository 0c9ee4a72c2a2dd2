//! The EKS cluster that Palette itself runs on, with the roles of both cases of Pod Identity, all set up well; and ways to
//! break it and to fix it.

mod eks;
mod objects;
mod roles;
mod ways;

use std::sync::{Arc, Mutex, PoisonError};

use gangway_model::Partition;
use gangway_policies::pod_identity::{self, PodIdentityRoles};
use serde_json::{Value, json};

pub use self::ways::Way;
use crate::{
    Parts,
    aws::{Account, Cluster, eks::NewCluster},
    kubernetes::{Api, Listener},
};

/// Its name.
const NAME: &str = "palette-mgmt";

/// Whether Palette works in the account of its own cluster.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Case {
    /// It does.
    #[default]
    SameAccount,
    /// It works in another account, which it enters through target roles.
    CrossAccount,
}

impl Case {
    /// Both.
    pub const ALL: [Self; 2] = [Self::SameAccount, Self::CrossAccount];
}

/// Palette's own cluster.
#[derive(Debug)]
pub struct PaletteCluster {
    /// EKS's side of it.
    pub cluster: Cluster,
    /// The account that Palette works in, where it is not the cluster's.
    pub target: Account,
    partition: Partition,
    endpoint: String,
    authority: String,
    case: Mutex<Case>,
    watchers: Mutex<Vec<String>>,
    _api: Api,
}

impl PaletteCluster {
    /// Founds it in an account, for the case of one account; Palette is told that it runs there.
    pub async fn found(
        parts: &Arc<Parts>,
        partition: Partition,
        account: &Account,
        target: &Account,
    ) -> Self {
        let region = partition.info().home_region;
        let listener = Listener::bind(parts.host()).await;
        let (endpoint, authority) = (listener.url(), listener.ca_pem().to_owned());
        let new = NewCluster {
            name: NAME,
            region,
            version: "1.33",
            endpoint: &endpoint,
            authority: &authority,
        };
        let cluster = parts.aws().cluster(account, &new);
        parts.palette().records().runs_on.insert(partition.id().to_owned(), cluster.clone());
        let api = listener.serve(Arc::clone(parts), cluster.clone());
        let founded = Self {
            cluster,
            target: target.clone(),
            partition,
            endpoint,
            authority,
            case: Mutex::default(),
            watchers: Mutex::default(),
            _api: api,
        };
        founded.mend();
        founded
    }

    /// Sets everything up well again, for a case.
    pub fn work_for(&self, case: Case) -> &Self {
        *self.case.lock().unwrap_or_else(PoisonError::into_inner) = case;
        self.mend()
    }

    /// For which case it is set up.
    pub fn case(&self) -> Case {
        *self.case.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Mends whatever is wrong with it.
    pub fn mend(&self) -> &Self {
        self.recreate();
        self.set_up_roles();
        self.set_up_eks();
        self.set_up_kubernetes();
        self
    }

    /// Lets a role look into the cluster with the Kubernetes API, and make `ConfigMaps` in `kube-system`.
    pub fn admit(&self, role: &str) {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner).push(role.to_owned());
        self.set_up_access_entries();
    }

    /// The roles of a case.
    ///
    /// # Panics
    /// Never: accounts have ids of twelve digits.
    pub fn roles(&self, case: Case) -> PodIdentityRoles {
        let arn = |account: &Account, name: &str| {
            let arn = format!("arn:{}:iam::{}:role/{name}", self.partition, account.id());
            arn.parse().expect("the ARN of a role")
        };
        let (own, target) = (self.cluster.account(), &self.target);
        match case {
            Case::SameAccount => PodIdentityRoles::SameAccount {
                palette: arn(own, "SpectroCloudPaletteRole"),
                hubble: arn(own, "SpectroCloudHubbleRole"),
                identity: arn(own, "SpectroCloudIdentityRole"),
            },
            Case::CrossAccount => PodIdentityRoles::CrossAccount {
                palette_target: arn(target, "SpectroCloudPaletteTargetRole"),
                hubble_target: arn(target, "SpectroCloudHubbleTargetRole"),
                hubble_local: arn(own, "SpectroCloudHubbleLocalRole"),
                identity_local: arn(own, "SpectroCloudIdentityLocalRole"),
            },
        }
    }

    /// The members of a request that this method has beside those of every method.
    pub fn request(&self, case: Case) -> Value {
        let roles = self.roles(case);
        let mut members = json!({
            "roleArn": roles.palette().as_str(),
            "clusterName": self.cluster.name(),
            "hubbleRoleArn": roles.hubble().as_str(),
            "identityRoleArn": roles.identity().as_str(),
        });
        if let Some(target) = roles.hubble_target() {
            members["hubbleTargetRoleArn"] = json!(target.as_str());
        }
        members
    }

    /// Where its Kubernetes API is.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The CA certificate of that API: PEM.
    pub fn ca_pem(&self) -> &str {
        &self.authority
    }

    fn cluster_reference(&self) -> pod_identity::Cluster<'_> {
        pod_identity::Cluster {
            name: self.cluster.name(),
            region: self.cluster.region(),
            account: self.cluster.account().id().parse().expect("twelve digits"),
        }
    }
}
