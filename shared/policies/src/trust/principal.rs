//! The principals of the statements of a trust policy, compared with Palette's account.

use gangway_model::{AccountId, Arn, Partition};
use serde_json::Value;

use crate::statement::{Statement, texts_of};

/// The AWS account of Palette that assumes roles.
pub(super) struct PaletteIdentity {
    pub(super) partition: Partition,
    pub(super) account: AccountId,
}

/// Which identities of Palette's account a statement applies to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reach {
    /// No identity of Palette's account.
    Nobody,
    /// Single users, roles or role sessions of Palette's account. Gangway does not know whether
    /// Palette uses one of them.
    Identity,
    /// Every identity of Palette's account.
    Account,
    /// Every identity of every AWS account.
    Everyone,
}

impl PaletteIdentity {
    /// Returns which identities of Palette's account a statement applies to, and the principals of
    /// the statement that match them.
    pub(super) fn reach(&self, statement: Statement<'_>) -> (Reach, Vec<String>) {
        if let Some(others) = statement.member("NotPrincipal") {
            let excepted = aws_principals(others);
            let excepted: Vec<_> =
                excepted.iter().map(|name| self.reach_of_principal(name)).collect();
            let reach = if !statement.denies() || excepted.iter().all(|one| *one == Reach::Nobody) {
                Reach::Everyone
            } else if excepted.contains(&Reach::Account) || excepted.contains(&Reach::Everyone) {
                Reach::Nobody
            } else {
                // Gangway does not know whether the excepted user or role is the one that Palette
                // uses. IAM may also deny the excepted user or role if the statement does not name
                // its account.
                Reach::Identity
            };
            return (reach, vec!["everyone but those named".to_owned()]);
        }
        let mut reach = (Reach::Nobody, Vec::new());
        for name in statement.member("Principal").map(aws_principals).unwrap_or_default() {
            let found = self.reach_of_principal(&name);
            if found == Reach::Nobody {
                continue;
            }
            reach.1.push(name);
            reach.0 = match (reach.0, found) {
                (Reach::Everyone, _) | (_, Reach::Everyone) => Reach::Everyone,
                (Reach::Account, _) | (_, Reach::Account) => Reach::Account,
                (Reach::Identity | Reach::Nobody, Reach::Identity | Reach::Nobody) => {
                    Reach::Identity
                }
            };
        }
        reach
    }

    /// Returns which identities of Palette's account a principal of a statement matches.
    fn reach_of_principal(&self, name: &str) -> Reach {
        if name == "*" {
            return Reach::Everyone;
        }
        if name == self.account.as_str() {
            return Reach::Account;
        }
        let session = format!("arn:{}:sts::{}:assumed-role/", self.partition, self.account);
        if name.starts_with(&session) && !name.contains('*') {
            return Reach::Identity;
        }
        let own = format!("arn:{}:iam::{}:", self.partition, self.account);
        match name.strip_prefix(&own) {
            Some("root") => Reach::Account,
            // IAM does not support wildcards in the ARN of a principal.
            Some(identity) if identity.contains('*') => Reach::Nobody,
            Some(identity) if identity.starts_with("user/") || identity.starts_with("role/") => {
                Reach::Identity
            }
            Some(_) | None => Reach::Nobody,
        }
    }

    /// Returns the principal, for messages. If Gangway knows why this principal cannot be Palette,
    /// the text contains the reason.
    pub(super) fn describe(&self, name: &str) -> String {
        if name.starts_with("AIDA") || name.starts_with("AROA") {
            return format!("{name} (a user or role that was deleted)");
        }
        if name.contains(":federated-user/") {
            return format!("{name} (a federated user, which cannot assume roles)");
        }
        match Arn::parse(name) {
            Some(arn)
                if arn.account() == self.account.as_str()
                    && arn.partition() != self.partition.id() =>
            {
                format!(
                    "{name} (of partition {}; Palette's is in {})",
                    arn.partition(),
                    self.partition
                )
            }
            Some(_) | None => name.to_owned(),
        }
    }
}

/// Returns the principals of type `AWS`. Palette cannot be a principal of another type.
fn aws_principals(principal: &Value) -> Vec<String> {
    match principal {
        Value::Object(kinds) => texts_of(kinds.get("AWS")).collect(),
        Value::String(_) | Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {
            texts_of(Some(principal)).collect()
        }
    }
}

/// Returns the principals of every type in a statement, for messages.
pub(super) fn principals_of_every_type(statement: Statement<'_>) -> Vec<String> {
    match statement.member("Principal") {
        Some(Value::Object(kinds)) => {
            kinds.values().flat_map(|names| texts_of(Some(names))).collect()
        }
        other => texts_of(other).collect(),
    }
}
