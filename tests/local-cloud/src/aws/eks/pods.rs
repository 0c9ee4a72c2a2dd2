//! What EKS does for pods: the agent on each node gets them sessions of the roles of their service accounts.
use std::collections::BTreeMap;

use super::setup::Cluster;
use super::state::Association;
use crate::aws::Keys;
use crate::aws::policy::{Context, Outcome, Query, evaluate_statements};
use crate::aws::store::{Role, Session, Store};

/// Who gives roles to pods.
pub(super) const PODS: &str = "pods.eks.amazonaws.com";

/// How long the agent keeps what it got, in seconds.
const LASTS: i64 = 6 * 3600;

/// Whether a role's trust lets EKS give it to pods of a cluster: `sts:AssumeRole` and `sts:TagSession`.
fn trusts_pods(role: &Role, cluster_arn: &str) -> bool {
    let account = cluster_arn.split(':').nth(4).unwrap_or_default();
    let context = Context::default()
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

impl Cluster {
    /// Keys for a pod of a service account, as `eks-auth:AssumeRoleForPodIdentity` gives them; or why there are none.
    pub(crate) fn pod_keys(&self, service_account: (&str, &str)) -> Result<Keys, String> {
        let (namespace, name) = service_account;
        let found = self.found(|cluster| {
            let mut all = cluster.associations.values();
            let fits = |one: &&Association| {
                (one.namespace.as_str(), one.service_account.as_str()) == service_account
            };
            all.find(fits).map(|one| (one.role.clone(), one.disable_session_tags))
        })?;
        let (role, untagged) = found
            .ok_or_else(|| format!("Service account {namespace}/{name} has no association"))?;
        self.session(&role, service_account, untagged)
    }

    /// Keys of a role for pods of Palette's manager, which it would associate with it.
    pub(crate) fn pass(&self, role: &str) -> Result<Keys, String> {
        self.found(|_| ())?;
        self.session(role, ("cluster-00000000", "palette-manager"), false)
    }

    /// Whether whoever has these keys may pass a role on to pods.
    pub(crate) fn may_pass(&self, keys: &Keys, role: &str) -> Result<(), String> {
        let store = self.account().aws().store();
        let caller = store.known_caller(&keys.id, self.region()).ok_or("the keys are not known")?;
        let context = store.context(&caller);
        let arn = format!("{}cluster/{}", self.arn_prefix(), self.name());
        store
            .authorize(&caller, "eks:CreatePodIdentityAssociation", &arn, &arn, &context)
            .map_err(|refusal| refusal.message)?;
        let context = context.with("iam:PassedToService", PODS);
        let passed = store.authorize(&caller, "iam:PassRole", role, role, &context);
        passed.map_err(|refusal| refusal.message)
    }

    fn arn_prefix(&self) -> String {
        let account = self.account();
        format!("arn:{}:eks:{}:{}:", account.partition(), self.region(), account.id())
    }

    fn session(
        &self,
        role_arn: &str,
        (namespace, service_account): (&str, &str),
        untagged: bool,
    ) -> Result<Keys, String> {
        let (home, cluster) = (self.account().home().clone(), self.name());
        let cluster_arn = format!("{}cluster/{cluster}", self.arn_prefix());
        let mut store = self.account().aws().store();
        let role = own_role(&store, &home, role_arn).ok_or(format!("no role {role_arn}"))?;
        if !trusts_pods(role, &cluster_arn) {
            return Err(format!("{role_arn} does not trust {PODS}"));
        }
        let role = role.name.clone();
        let tags = [
            ("eks-cluster-arn", cluster_arn.as_str()),
            ("eks-cluster-name", cluster),
            ("kubernetes-namespace", namespace),
            ("kubernetes-service-account", service_account),
        ];
        let tags: BTreeMap<String, String> = if untagged {
            BTreeMap::new()
        } else {
            tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
        };
        let id = store.unique_id("ASIA", &home.1);
        let session = Session {
            secret: store.secret_key(),
            token: format!("IQoJb3JpZ2luX2Vj{}", store.letters(256)),
            expires: store.now() + LASTS,
            home,
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

/// A role by its whole ARN.
fn own_role<'a>(store: &'a Store, home: &(String, String), arn: &str) -> Option<&'a Role> {
    let name = arn.rsplit('/').next()?.to_ascii_lowercase();
    let role = store.account(home)?.roles.get(&name)?;
    let full = format!("arn:{}:iam::{}:role{}{}", home.0, home.1, role.path, role.name);
    (full == arn).then_some(role)
}
