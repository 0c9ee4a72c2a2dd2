//! The evaluation of a trust policy for one call of `sts:AssumeRole` or `sts:TagSession`.

use gangway_model::{Arn, RoleArn};
use serde_json::Value;

use crate::{
    pod_identity::{Cluster, ServiceAccount},
    statement::{Condition, Statement, statements, texts_of},
    trust::condition::{Truth, evaluate_condition, is_external_id},
};

/// The service principal of EKS Pod Identity, which assumes roles for pods.
pub(super) const EKS_PODS_PRINCIPAL: &str = "pods.eks.amazonaws.com";

/// The identity that calls STS.
#[derive(Clone, Copy)]
pub(super) enum CallingIdentity<'a> {
    /// EKS Pod Identity, for the pods of a service account. `None` if Gangway does not know the
    /// service account.
    Eks(Option<ServiceAccount>),
    /// A role in the account of the cluster.
    Role(&'a RoleArn),
}

/// One call of `sts:AssumeRole` or `sts:TagSession`.
#[derive(Clone, Copy)]
pub(super) struct AssumeRoleCall<'a> {
    pub(super) identity: CallingIdentity<'a>,
    pub(super) action: &'a str,
    pub(super) external_id: Option<&'a str>,
    /// `true` if EKS adds its session tags to the role session.
    pub(super) has_tags: bool,
}

impl<'a> AssumeRoleCall<'a> {
    /// Returns a call by a role, with the session tags of EKS.
    pub(super) const fn from_role(
        role: &'a RoleArn,
        action: &'a str,
        external_id: Option<&'a str>,
    ) -> Self {
        Self { identity: CallingIdentity::Role(role), action, external_id, has_tags: true }
    }
}

/// A trust policy, and the cluster for whose pods it is evaluated.
pub(super) struct TrustPolicy<'a> {
    statements: Vec<Statement<'a>>,
    cluster: Cluster<'a>,
}

impl<'a> TrustPolicy<'a> {
    pub(super) fn new(document: &'a Value, cluster: Cluster<'a>) -> Self {
        Self { statements: statements(document), cluster }
    }

    /// Returns whether IAM would allow the call. Returns `Unknown` if the decision depends on a
    /// condition that Gangway cannot evaluate.
    pub(super) fn allows(&self, call: &AssumeRoleCall<'_>) -> Truth {
        let (mut is_allowed, mut has_unknown_condition) = (false, false);
        for statement in &self.statements {
            if !statement.covers_action(call.action) || !applies_to(*statement, call.identity) {
                continue;
            }
            let conditions = statement.conditions();
            let truth = Truth::all(
                conditions.iter().map(|condition| self.condition_holds(condition, call)),
            );
            match (statement.denies(), truth) {
                (true, Truth::True) => return Truth::False,
                (false, Truth::True) => is_allowed |= statement.allows(),
                (_, Truth::Unknown) => has_unknown_condition = true,
                (_, Truth::False) => {}
            }
        }
        let may_be_denied = has_unknown_condition && self.may_deny(call);
        match (is_allowed, has_unknown_condition) {
            (true, _) if !may_be_denied => Truth::True,
            (true, _) | (false, true) => Truth::Unknown,
            (false, false) => Truth::False,
        }
    }

    /// Returns `true` if a Deny statement applies to the call. Ignores the conditions.
    fn may_deny(&self, call: &AssumeRoleCall<'_>) -> bool {
        self.statements.iter().any(|statement| {
            statement.denies()
                && statement.covers_action(call.action)
                && applies_to(*statement, call.identity)
        })
    }

    fn condition_holds(&self, condition: &Condition<'_>, call: &AssumeRoleCall<'_>) -> Truth {
        match self.condition_value(condition, call) {
            ConditionValue::Known(value) => evaluate_condition(condition, value.as_deref()),
            ConditionValue::Unknown => Truth::Unknown,
        }
    }

    /// Returns the value that a condition key has during the call.
    fn condition_value(
        &self,
        condition: &Condition<'_>,
        call: &AssumeRoleCall<'_>,
    ) -> ConditionValue {
        let Cluster { name, region, account } = self.cluster;
        let known_value = |value: &str| ConditionValue::Known(Some(value.to_owned()));
        let key = condition.key.to_ascii_lowercase();
        if !call.has_tags && key.starts_with("aws:requesttag/") {
            return ConditionValue::Known(None);
        }
        match (key.as_str(), call.identity) {
            ("sts:externalid", _) => ConditionValue::Known(call.external_id.map(str::to_owned)),
            ("aws:sourceaccount", CallingIdentity::Eks(_))
            | ("aws:principalaccount", CallingIdentity::Role(_)) => known_value(account.as_str()),
            ("aws:sourceaccount" | "aws:sourcearn", CallingIdentity::Role(_)) => {
                ConditionValue::Known(None)
            }
            ("aws:securetransport", _) | ("aws:principalisawsservice", CallingIdentity::Eks(_)) => {
                known_value("true")
            }
            ("aws:principalisawsservice", CallingIdentity::Role(_)) => known_value("false"),
            ("aws:principalarn", CallingIdentity::Role(role)) => known_value(role.as_str()),
            ("aws:sourcearn" | "aws:requesttag/eks-cluster-arn", CallingIdentity::Eks(_)) => {
                // The cluster and the roles are in one partition, so this code uses the partition
                // of the ARN in the condition.
                let partition = condition.values.iter().find_map(|value| Arn::partition_of(value));
                let partition = partition.unwrap_or("*");
                known_value(&format!("arn:{partition}:eks:{region}:{account}:cluster/{name}"))
            }
            ("aws:requesttag/eks-cluster-name", CallingIdentity::Eks(_)) => known_value(name),
            ("aws:requesttag/kubernetes-namespace", CallingIdentity::Eks(Some(of))) => {
                known_value(of.namespace)
            }
            ("aws:requesttag/kubernetes-service-account", CallingIdentity::Eks(Some(of))) => {
                known_value(of.name)
            }
            _ => ConditionValue::Unknown,
        }
    }

    /// Returns the position of the first statement that allows every AWS account to call an action,
    /// such as `statement 1`. Ignores conditions.
    pub(super) fn find_statement_for_everyone(&self, action: &str) -> Option<String> {
        let names_everyone = |statement: &Statement<'_>| {
            statement.member("NotPrincipal").is_some()
                || principals(*statement, "AWS").iter().any(|name| name == "*")
        };
        (1..)
            .zip(&self.statements)
            .find(|(_, statement)| {
                statement.allows() && statement.covers_action(action) && names_everyone(statement)
            })
            .map(|(position, _)| format!("statement {position}"))
    }

    /// Returns `true` if an Allow statement trusts the role. Ignores actions and conditions.
    pub(super) fn trusts_role(&self, role: &RoleArn) -> bool {
        self.statements.iter().any(|statement| {
            statement.allows() && applies_to(*statement, CallingIdentity::Role(role))
        })
    }

    /// Returns a text that lists the principals that the Allow statements trust, for messages.
    pub(super) fn describe_trusted_principals(&self) -> String {
        let allowing = self.statements.iter().filter(|statement| statement.allows());
        let mut trusted: Vec<_> = allowing
            .flat_map(|statement| {
                let services = principals(*statement, "Service");
                principals(*statement, "AWS").into_iter().chain(services).collect::<Vec<_>>()
            })
            .collect();
        trusted.sort_unstable();
        trusted.dedup();
        if trusted.is_empty() {
            "nobody is trusted".to_owned()
        } else {
            format!("trusted are {}", trusted.join(", "))
        }
    }

    /// Returns the values of all conditions on the external id. A value may be a pattern.
    pub(super) fn external_ids(&self) -> Vec<String> {
        let conditions = self.statements.iter().flat_map(|statement| statement.conditions());
        let mut ids: Vec<_> =
            conditions.filter(is_external_id).flat_map(|condition| condition.values).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// The value of a condition key in a call, if Gangway knows the value.
enum ConditionValue {
    /// The key has this value, or is absent (`None`).
    Known(Option<String>),
    Unknown,
}

/// Returns `true` if a statement applies to the identity, through `Principal` or `NotPrincipal`.
fn applies_to(statement: Statement<'_>, identity: CallingIdentity<'_>) -> bool {
    let (kind, own) = match identity {
        CallingIdentity::Eks(_) => ("Service", vec![EKS_PODS_PRINCIPAL.to_owned()]),
        CallingIdentity::Role(role) => {
            let root = format!("arn:{}:iam::{}:root", role.partition(), role.account());
            ("AWS", vec![role.to_string(), root, role.account().to_string()])
        }
    };
    let names = |name: &String| name == "*" || own.contains(name);
    match statement.member("NotPrincipal") {
        Some(excepted) => !texts_of(excepted.get(kind)).any(|name| names(&name)),
        None => principals(statement, kind).iter().any(names),
    }
}

/// Returns the principals of a type, such as `AWS` or `Service`. If the member `Principal` is `*`,
/// returns `*` for every type.
fn principals(statement: Statement<'_>, kind: &str) -> Vec<String> {
    match statement.member("Principal") {
        Some(Value::Object(kinds)) => texts_of(kinds.get(kind)).collect(),
        other => texts_of(other).collect(),
    }
}
