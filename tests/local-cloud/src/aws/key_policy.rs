//! The policy of a KMS key.

use serde_json::Value;

use super::policy::{Context, Document, DocumentKind, Outcome, PolicyQuery, evaluate_statements};

/// The policy of a customer managed key.
#[derive(Clone, Debug)]
pub(crate) struct KeyPolicy {
    key: String,
    document: Document,
}

/// What a key policy says about a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyPolicyDecision {
    Denied,
    /// The statement names the account: the caller's IAM policies must allow the call, too.
    LeftToIam,
    Allowed,
}

impl KeyPolicy {
    /// Parses the policy of the key with this ARN.
    pub(crate) fn new(key: &str, policy: &Value) -> Self {
        let document = Document::parse(policy, DocumentKind::Resource).expect("a key policy");
        Self { key: key.to_owned(), document }
    }

    /// Judges a call of a principal of an account, by the ARN of its role or user. Unlike other resource
    /// policies, a key policy must allow the call: an IAM policy alone is not enough.
    pub(crate) fn decide(
        &self,
        action: &str,
        (account, principal): (&str, &str),
        context: &Context,
    ) -> KeyPolicyDecision {
        let query = PolicyQuery { action, resource: &self.key, context };
        let evaluate = |is_meant: &dyn Fn(&str) -> bool| {
            let applicable = self.document.statements.iter().filter(|statement| {
                statement.principals.as_ref().is_some_and(|principals| {
                    principals.anyone || principals.aws.iter().any(|name| is_meant(name))
                })
            });
            let all = applicable.map(|statement| ("key", "resource", statement));
            evaluate_statements(all, query).outcome
        };
        let is_account =
            |name: &str| name == account || name.ends_with(&format!(":iam::{account}:root"));
        let is_principal = |name: &str| name == principal;
        let (own, account) = (evaluate(&is_principal), evaluate(&is_account));
        if [own, account].contains(&Outcome::ExplicitDeny) {
            KeyPolicyDecision::Denied
        } else if own == Outcome::Allowed {
            KeyPolicyDecision::Allowed
        } else if account == Outcome::Allowed {
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
    fn principal_is_allowed_and_account_is_left_to_iam() {
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
