//! Policies of KMS keys.

use serde_json::Value;

use super::policy::{Context, Document, DocumentKind, Outcome, PolicyQuery, evaluate_statements};

/// The policy of a customer managed key.
#[derive(Clone, Debug)]
pub(crate) struct KeyPolicy {
    /// The ARN of the key.
    key_arn: String,
    document: Document,
}

/// What a key policy decides about a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyPolicyDecision {
    /// The key policy denies the call, or does not allow it.
    Denied,
    /// The key policy allows the account: the caller's IAM policies must allow the call, too.
    LeftToIam,
    /// The key policy allows the caller itself.
    Allowed,
}

impl KeyPolicy {
    /// Parses the policy of the key with this ARN.
    pub(crate) fn new(key_arn: &str, policy: &Value) -> Self {
        let document =
            Document::parse(policy, DocumentKind::Resource).expect("The key policy is not valid.");
        Self { key_arn: key_arn.to_owned(), document }
    }

    /// Decides about a call. `account` is the account id of the caller, `principal` the ARN of its
    /// user or role. A key policy differs from other resource policies: it must allow the call,
    /// because an IAM policy alone is not enough.
    pub(crate) fn decide(
        &self,
        action: &str,
        (account, principal): (&str, &str),
        context: &Context,
    ) -> KeyPolicyDecision {
        let query = PolicyQuery { action, resource: &self.key_arn, context };
        let evaluate = |is_match: &dyn Fn(&str) -> bool| {
            let applicable = self.document.statements.iter().filter(|statement| {
                statement.principals.as_ref().is_some_and(|principals| {
                    principals.anyone || principals.aws.iter().any(|name| is_match(name))
                })
            });
            let statements = applicable.map(|statement| ("key", "resource", statement));
            evaluate_statements(statements, query).outcome
        };
        let is_account =
            |name: &str| name == account || name.ends_with(&format!(":iam::{account}:root"));
        let is_principal = |name: &str| name == principal;
        let (principal_outcome, account_outcome) = (evaluate(&is_principal), evaluate(&is_account));
        if [principal_outcome, account_outcome].contains(&Outcome::ExplicitDeny) {
            KeyPolicyDecision::Denied
        } else if principal_outcome == Outcome::Allowed {
            KeyPolicyDecision::Allowed
        } else if account_outcome == Outcome::Allowed {
            KeyPolicyDecision::LeftToIam
        } else {
            KeyPolicyDecision::Denied
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn key_policy_allows_a_principal_and_leaves_an_account_to_iam() {
        let role = "arn:aws:iam::111122223333:role/Function";
        let account = "arn:aws:iam::111122223333:root";
        let statement = |effect: &str, principal: &str, action: &str| json!({"Effect": effect, "Principal": {"AWS": principal}, "Action": action, "Resource": "*"});
        for (statements, expected) in [
            (vec![statement("Allow", role, "kms:Decrypt")], KeyPolicyDecision::Allowed),
            (vec![statement("Allow", account, "kms:*")], KeyPolicyDecision::LeftToIam),
            (vec![statement("Allow", account, "kms:PutKeyPolicy")], KeyPolicyDecision::Denied),
            (
                vec![statement("Allow", role, "kms:*"), statement("Deny", account, "kms:Decrypt")],
                KeyPolicyDecision::Denied,
            ),
            (
                vec![statement("Allow", "arn:aws:iam::999999999999:root", "kms:*")],
                KeyPolicyDecision::Denied,
            ),
        ] {
            let policy = json!({"Version": "2012-10-17", "Statement": statements});
            let policy = KeyPolicy::new("arn:aws:kms:us-east-1:111122223333:key/one", &policy);
            let principal = ("111122223333", role);
            let decided = policy.decide("kms:Decrypt", principal, &Context::default());
            assert_eq!(decided, expected, "{statements:?}");
        }
    }
}
