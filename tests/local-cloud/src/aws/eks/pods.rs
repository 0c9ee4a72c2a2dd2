//! The Pod Identity agent: issues session credentials of the associated role to pods.
use std::collections::BTreeMap;

use super::setup::Cluster;
use super::state::Association;
use crate::aws::AwsCredentials;
use crate::aws::policy::{Context, DocumentKind, Outcome, PolicyQuery, evaluate_statements};
use crate::aws::store::{ParsedPolicy, Session, Store, StoredRole};

/// The service principal of EKS Pod Identity.
pub(super) const POD_IDENTITY_SERVICE: &str = "pods.eks.amazonaws.com";

/// Duration of a pod's session, in seconds.
const SESSION_SECONDS: i64 = 6 * 3600;

/// Returns `true` if the trust policy lets EKS give the role to pods of this cluster with these
/// session tags (`sts:AssumeRole` and `sts:TagSession`).
fn trusts_pods(role: &StoredRole, cluster_arn: &str, tags: &BTreeMap<String, String>) -> bool {
    let account = cluster_arn.split(':').nth(4).unwrap_or_default();
    let context = Context::default()
        .with("aws:SourceArn", cluster_arn)
        .with("aws:SourceAccount", account)
        .with("aws:PrincipalIsAWSService", "true");
    let context = tags.iter().fold(context, |context, (key, value)| {
        context.with(&format!("aws:RequestTag/{key}"), value)
    });
    ["sts:AssumeRole", "sts:TagSession"].into_iter().all(|action| {
        let query = PolicyQuery { action, resource: "*", context: &context };
        let statements = role.trust.document.statements.iter().filter(|statement| {
            statement.principals.as_ref().is_some_and(|all| {
                let named =
                    all.anyone || all.services.iter().any(|name| name == POD_IDENTITY_SERVICE);
                named != all.negated
            })
        });
        let statements = statements.map(|statement| ("trust", "role", statement));
        evaluate_statements(statements, query).outcome == Outcome::Allowed
    })
}

impl Cluster {
    /// Returns credentials for a pod, as `eks-auth:AssumeRoleForPodIdentity` does, or why there are
    /// none.
    pub(crate) fn pod_credentials(
        &self,
        service_account: (&str, &str),
    ) -> Result<AwsCredentials, String> {
        let (namespace, name) = service_account;
        let found = self.read_state(|cluster| {
            let mut all = cluster.associations.values();
            let is_selected = |one: &&Association| {
                (one.namespace.as_str(), one.service_account.as_str()) == service_account
            };
            all.find(is_selected).cloned()
        })?;
        let found = found
            .ok_or_else(|| format!("Service account {namespace}/{name} has no association"))?;
        let policy =
            found.policy.map(|policy| ParsedPolicy::parse(&policy, DocumentKind::Identity));
        let policy =
            policy.transpose().map_err(|error| format!("the policy is not valid: {error}"))?;
        self.create_session(&found.role, service_account, found.disable_session_tags, policy)
    }

    /// Returns credentials of a role that Palette would associate with its own pods.
    pub(crate) fn associated_role_credentials(&self, role: &str) -> Result<AwsCredentials, String> {
        self.read_state(|_| ())?;
        self.create_session(role, ("cluster-00000000", "palette-manager"), false, None)
    }

    /// Checks that the owner of these keys may pass a role to pods.
    pub(crate) fn may_pass_role(&self, keys: &AwsCredentials, role: &str) -> Result<(), String> {
        let store = self.account().aws().store();
        let caller =
            store.caller_for_key(&keys.id, self.region()).ok_or("the keys are not known")?;
        let context = store.context(&caller);
        let arn = format!("{}cluster/{}", self.arn_prefix(), self.name());
        store
            .authorize(&caller, "eks:CreatePodIdentityAssociation", &arn, &arn, &context)
            .map_err(|error| error.message)?;
        let context = context.with("iam:PassedToService", POD_IDENTITY_SERVICE);
        let passed = store.authorize(&caller, "iam:PassRole", role, role, &context);
        passed.map_err(|error| error.message)
    }

    fn arn_prefix(&self) -> String {
        let account = self.account();
        format!("arn:{}:eks:{}:{}:", account.partition(), self.region(), account.id())
    }

    fn create_session(
        &self,
        role_arn: &str,
        (namespace, service_account): (&str, &str),
        untagged: bool,
        policy: Option<ParsedPolicy>,
    ) -> Result<AwsCredentials, String> {
        let (account_key, cluster) = (self.account().account_key().clone(), self.name());
        let cluster_arn = format!("{}cluster/{cluster}", self.arn_prefix());
        let mut store = self.account().aws().store();
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
        let role =
            find_role(&store, &account_key, role_arn).ok_or(format!("no role {role_arn}"))?;
        if !trusts_pods(role, &cluster_arn, &tags) {
            return Err(format!("{role_arn} does not trust {POD_IDENTITY_SERVICE}"));
        }
        let role = role.name.clone();
        let id = store.generate_id("ASIA", &account_key.1);
        let session = Session {
            secret: store.generate_secret_key(),
            token: format!("IQoJb3JpZ2luX2Vj{}", store.generate_alphanumeric(256)),
            expires: store.now() + SESSION_SECONDS,
            account_key,
            role,
            name: format!("eks-{cluster}-{service_account}"),
            transitive: tags.clone(),
            tags,
            policies: policy.into_iter().collect(),
        };
        let (secret, token) = (session.secret.clone(), Some(session.token.clone()));
        store.sessions.insert(id.clone(), session);
        Ok(AwsCredentials { id, secret, token })
    }
}

/// Finds a role of the account by ARN.
fn find_role<'a>(
    store: &'a Store,
    account_key: &(String, String),
    arn: &str,
) -> Option<&'a StoredRole> {
    let name = arn.rsplit('/').next()?.to_ascii_lowercase();
    let role = store.account(account_key)?.roles.get(&name)?;
    let full =
        format!("arn:{}:iam::{}:role{}{}", account_key.0, account_key.1, role.path, role.name);
    (full == arn).then_some(role)
}
