//! The ConfigMap that names the cluster (P08). One that is there is never changed.

use std::collections::BTreeMap;

use k8s_openapi::{api::core::v1::ConfigMap, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::{Api, Client, api::PostParams};

use super::{Applied, CONFIG_MAP};
use crate::{
    kubernetes::{CONFIG, CONFIG_KEY, SYSTEM, seen},
    observations::Observations,
    observed::Observed,
    request::PodIdentityRequest,
};

pub(super) async fn ensure(wish: &PodIdentityRequest, facts: &mut Observations) -> Applied {
    let done = |finding| Applied { finding, changed: false };
    let name = wish.cluster.name.to_string();
    match (&facts.kubernetes.config, &facts.client) {
        (Observed::Present(Some(found)), _) if *found == name => {
            done(CONFIG_MAP.passed("nothing had to be done"))
        }
        (Observed::Present(_), _) => done(CONFIG_MAP.failed(
            format!("there is a ConfigMap {CONFIG} that says otherwise, and Gangway changes none"),
            "see kubernetes.global-config",
        )),
        (Observed::Inaccessible(hidden), _) => done(hidden.to_finding(&CONFIG_MAP, "")),
        (Observed::Absent, None) => {
            done(CONFIG_MAP.unverified("the cluster cannot be asked", "mend kubernetes.access"))
        }
        (Observed::Absent, Some(client)) => {
            let (finding, config) = create(client, &name).await;
            if let Some(config) = config {
                facts.kubernetes.config = config;
            }
            done(finding)
        }
    }
}

/// Makes it, and reads back what is there then: somebody else may have been quicker (409).
async fn create(
    client: &Client,
    name: &str,
) -> (gangway_model::Finding, Option<Observed<Option<String>>>) {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), SYSTEM);
    let data = BTreeMap::from([(CONFIG_KEY.to_owned(), name.to_owned())]);
    let metadata = ObjectMeta { name: Some(CONFIG.to_owned()), ..ObjectMeta::default() };
    let wanted = ConfigMap { data: Some(data), metadata, ..ConfigMap::default() };
    let made = match maps.create(&PostParams::default(), &wanted).await {
        Err(kube::Error::Api(status)) if status.code == 409 => Observed::Present(false),
        other => seen(other, "create config maps in kube-system").map(|_made| true),
    };
    let made = match made {
        Observed::Present(made) => made,
        Observed::Absent => {
            let finding =
                CONFIG_MAP.failed("there is no namespace kube-system", "look at the cluster");
            return (finding, None);
        }
        Observed::Inaccessible(hidden) => {
            let remedy = "give the role that Gangway looks with AmazonEKSEditPolicy for the namespace kube-system in its EKS access entry";
            return (CONFIG_MAP.failed(hidden.reason, remedy), None);
        }
    };
    let now = seen(maps.get(CONFIG).await, "read config maps of kube-system");
    let now = now.map(|map| map.data.and_then(|mut data| data.remove(CONFIG_KEY)));
    let observed = if made { "made it" } else { "somebody else has just made it" };
    (CONFIG_MAP.passed(observed), Some(now))
}
