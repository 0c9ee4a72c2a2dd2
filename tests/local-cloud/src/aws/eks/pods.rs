//! What EKS does for pods: the agent on each node gets them sessions of the roles of their service accounts.
use std::collections::BTreeMap;

use super::state::Association;
use crate::aws::policy::{Outcome, Query, evaluate_statements};
use crate::aws::store::{Home, Role, Session, Store};
use crate::aws::{Aws, Keys};

/// Who gives roles to pods.
const PODS: &str = "pods.eks.amazonaws.com";

impl Store {
    /// Whether a role's trust lets EKS give it to pods of a cluster: `sts:AssumeRole` and `sts:TagSession`.
    pub(crate) fn trusts_pods(&self, role: &Role, cluster_arn: &str) -> bool {
        let account = cluster_arn.split(':').nth(4).unwrap_or_default();
        let context = crate::aws::policy::Context::default()
            .with("aws:SourceArn", cluster_arn)
            .with("aws:SourceAccount", account)
            .with("aws:PrincipalIsAWSService", "true")
            .with("aws:RequestTag/eks-cluster-arn", cluster_arn);
        ["sts:AssumeRole", "sts:TagSession"].into_iter().all(|action| {
            let query = Query { action, resource: "*", context: &context };
            let statements = role.trust.document.statements.iter().filter(|statement| {
                statement.principals.as_ref().is_some_and(|all| {
                    let named = all.anyone || all.services.iter().any(|name| name == PODS);
                    named != all.negated
                })
            });
            let statements = statements.map(|statement| ("trust", "role", statement));
            evaluate_statements(statements, query).outcome == Outcome::Allowed
        })
    }
}

impl Aws {
    /// Keys for a pod of a service account, as `eks-auth:AssumeRoleForPodIdentity` gives them; or why there are none.
    pub(crate) fn pod_keys(
        &self,
        home: &Home,
        (region, cluster): (&str, &str),
        (namespace, service_account): (&str, &str),
    ) -> Result<Keys, String> {
        let mut store = self.store();
        let account = store.account(home).ok_or("no such account")?;
        let found = account.clusters.get(&(region.to_owned(), cluster.to_owned()));
        let found = found.ok_or_else(|| format!("no cluster {cluster} in {region}"))?;
        let fits = |one: &&Association| {
            one.namespace == namespace && one.service_account == service_account
        };
        let association = found.associations.values().find(fits).ok_or_else(|| {
            format!("Service account {namespace}/{service_account} has no association")
        })?;
        let name = association.role.rsplit('/').next().unwrap_or_default();
        let role = account.roles.get(&name.to_ascii_lowercase());
        let role = role.ok_or_else(|| format!("no role {}", association.role))?;
        let cluster_arn = format!("arn:{}:eks:{region}:{}:cluster/{cluster}", home.0, home.1);
        if !store.trusts_pods(role, &cluster_arn) {
            return Err(format!("{} does not trust {PODS}", association.role));
        }
        let tags = [
            ("eks-cluster-arn", cluster_arn.as_str()),
            ("eks-cluster-name", cluster),
            ("kubernetes-namespace", namespace),
            ("kubernetes-service-account", service_account),
        ];
        let tags: BTreeMap<String, String> = if association.disable_session_tags {
            BTreeMap::new()
        } else {
            tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
        };
        let role = role.name.clone();
        let id = store.unique_id("ASIA", &home.1);
        let session = Session {
            secret: store.secret_key(),
            token: format!("IQoJb3JpZ2luX2Vj{}", store.letters(256)),
            expires: store.now() + 6 * 3600,
            home: home.clone(),
            role,
            name: format!("eks-{cluster}-{service_account}"),
            transitive: tags.clone(),
            tags,
            policies: Vec::new(),
        };
        let (secret, token) = (session.secret.clone(), Some(session.token.clone()));
        store.sessions.insert(id.clone(), session);
        Ok(Keys { id, secret, token })
    }
}
