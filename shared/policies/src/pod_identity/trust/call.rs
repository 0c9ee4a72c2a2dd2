//! Evaluates one call of `sts:AssumeRole` or `sts:TagSession` against a trust policy.

use gangway_model::{Arn, RoleArn};
use serde_json::Value;

use crate::{
    pod_identity::{Cluster, ServiceAccount},
    statement::{Condition, Statement, statements, texts},
    trust::condition::{Truth, compare, is_external_id},
};

/// The service principal of EKS Pod Identity.
pub(super) const PODS: &str = "pods.eks.amazonaws.com";

/// The caller.
#[derive(Clone, Copy)]
pub(super) enum CallerKind<'a> {
    /// EKS, for pods of this service account, if it is known in advance.
    Eks(Option<ServiceAccount>),
    /// A role of the cluster's account.
    Role(&'a RoleArn),
}

/// The call.
#[derive(Clone, Copy)]
pub(super) struct AssumeRoleCall<'a> {
    pub(super) who: CallerKind<'a>,
    pub(super) action: &'a str,
    pub(super) external_id: Option<&'a str>,
    /// Whether the session has the tags of EKS.
    pub(super) has_tags: bool,
}

impl<'a> AssumeRoleCall<'a> {
    pub(super) const fn of(
        role: &'a RoleArn,
        action: &'a str,
        external_id: Option<&'a str>,
    ) -> Self {
        Self { who: CallerKind::Role(role), action, external_id, has_tags: true }
    }
}

/// A trust policy.
pub(super) struct Trust<'a> {
    statements: Vec<Statement<'a>>,
    cluster: Cluster<'a>,
}

impl<'a> Trust<'a> {
    pub(super) fn of(document: &'a Value, cluster: Cluster<'a>) -> Self {
        Self { statements: statements(document), cluster }
    }

    /// Returns what IAM would decide, as far as the document alone shows.
    pub(super) fn allows(&self, call: &AssumeRoleCall<'_>) -> Truth {
        let (mut allowed, mut unsure) = (false, false);
        for statement in &self.statements {
            if !statement.covers_action(call.action) || !is_about(*statement, call.who) {
                continue;
            }
            let conditions = statement.conditions();
            let holds = Truth::all(conditions.iter().map(|line| self.holds(line, call)));
            match (statement.denies(), holds) {
                (true, Truth::True) => return Truth::False,
                (false, Truth::True) => allowed |= statement.allows(),
                (_, Truth::Unknown) => unsure = true,
                (_, Truth::False) => {}
            }
        }
        let denial_unsure = unsure && self.may_deny(call);
        match (allowed, unsure) {
            (true, _) if !denial_unsure => Truth::True,
            (true, _) | (false, true) => Truth::Unknown,
            (false, false) => Truth::False,
        }
    }

    fn may_deny(&self, call: &AssumeRoleCall<'_>) -> bool {
        self.statements.iter().any(|statement| {
            statement.denies()
                && statement.covers_action(call.action)
                && is_about(*statement, call.who)
        })
    }

    fn holds(&self, line: &Condition<'_>, call: &AssumeRoleCall<'_>) -> Truth {
        match self.condition_value(line, call) {
            ConditionTruth::Known(value) => compare(line, value.as_deref()),
            ConditionTruth::Unknown => Truth::Unknown,
        }
    }

    /// Returns the value of a condition key during the call.
    fn condition_value(&self, line: &Condition<'_>, call: &AssumeRoleCall<'_>) -> ConditionTruth {
        let Cluster { name, region, account } = self.cluster;
        let known = |value: &str| ConditionTruth::Known(Some(value.to_owned()));
        let key = line.key.to_ascii_lowercase();
        if !call.has_tags && key.starts_with("aws:requesttag/") {
            return ConditionTruth::Known(None);
        }
        match (key.as_str(), call.who) {
            ("sts:externalid", _) => ConditionTruth::Known(call.external_id.map(str::to_owned)),
            ("aws:sourceaccount", CallerKind::Eks(_))
            | ("aws:principalaccount", CallerKind::Role(_)) => known(account.as_str()),
            ("aws:sourceaccount" | "aws:sourcearn", CallerKind::Role(_)) => {
                ConditionTruth::Known(None)
            }
            ("aws:securetransport", _) | ("aws:principalisawsservice", CallerKind::Eks(_)) => {
                known("true")
            }
            ("aws:principalisawsservice", CallerKind::Role(_)) => known("false"),
            ("aws:principalarn", CallerKind::Role(role)) => known(role.as_str()),
            ("aws:sourcearn" | "aws:requesttag/eks-cluster-arn", CallerKind::Eks(_)) => {
                // All roles are in one partition, so the partition of the condition's own value is
                // used.
                let partition = line.values.iter().find_map(|value| Arn::partition_of(value));
                let partition = partition.unwrap_or("*");
                known(&format!("arn:{partition}:eks:{region}:{account}:cluster/{name}"))
            }
            ("aws:requesttag/eks-cluster-name", CallerKind::Eks(_)) => known(name),
            ("aws:requesttag/kubernetes-namespace", CallerKind::Eks(Some(of))) => {
                known(of.namespace)
            }
            ("aws:requesttag/kubernetes-service-account", CallerKind::Eks(Some(of))) => {
                known(of.name)
            }
            _ => ConditionTruth::Unknown,
        }
    }

    /// Returns the first statement that allows the call to everyone.
    pub(super) fn open_to_everyone(&self, action: &str) -> Option<String> {
        let wide = |statement: &Statement<'_>| {
            statement.member("NotPrincipal").is_some()
                || principals(*statement, "AWS").iter().any(|name| name == "*")
        };
        (1..)
            .zip(&self.statements)
            .find(|(_, statement)| {
                statement.allows() && statement.covers_action(action) && wide(statement)
            })
            .map(|(at, _)| format!("statement {at}"))
    }

    /// Returns `true` if any statement trusts the role, whatever its conditions are.
    pub(super) fn names(&self, role: &RoleArn) -> bool {
        self.statements
            .iter()
            .any(|statement| statement.allows() && is_about(*statement, CallerKind::Role(role)))
    }

    /// Describes who is trusted instead.
    pub(super) fn instead(&self) -> String {
        let allowing = self.statements.iter().filter(|statement| statement.allows());
        let mut named: Vec<_> = allowing
            .flat_map(|statement| {
                let services = principals(*statement, "Service");
                principals(*statement, "AWS").into_iter().chain(services).collect::<Vec<_>>()
            })
            .collect();
        named.sort_unstable();
        named.dedup();
        if named.is_empty() {
            "nobody is trusted".to_owned()
        } else {
            format!("trusted are {}", named.join(", "))
        }
    }

    /// Returns the external ids in the document, as written there.
    pub(super) fn external_ids(&self) -> Vec<String> {
        let lines = self.statements.iter().flat_map(|statement| statement.conditions());
        let mut ids: Vec<_> = lines.filter(is_external_id).flat_map(|line| line.values).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

enum ConditionTruth {
    Known(Option<String>),
    Unknown,
}

/// Returns `true` if a statement applies to the caller.
fn is_about(statement: Statement<'_>, who: CallerKind<'_>) -> bool {
    let (kind, own) = match who {
        CallerKind::Eks(_) => ("Service", vec![PODS.to_owned()]),
        CallerKind::Role(role) => {
            let root = format!("arn:{}:iam::{}:root", role.partition(), role.account());
            ("AWS", vec![role.to_string(), root, role.account().to_string()])
        }
    };
    let names = |name: &String| name == "*" || own.contains(name);
    match statement.member("NotPrincipal") {
        Some(excepted) => !texts(excepted.get(kind)).any(|name| names(&name)),
        None => principals(statement, kind).iter().any(names),
    }
}

/// Returns the principals of a type. A bare `*` matches every type.
fn principals(statement: Statement<'_>, kind: &str) -> Vec<String> {
    match statement.member("Principal") {
        Some(Value::Object(kinds)) => texts(kinds.get(kind)).collect(),
        other => texts(other).collect(),
    }
}
