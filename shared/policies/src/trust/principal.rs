//! Principals of a trust policy's statements.

use gangway_model::{AccountId, Arn, Partition};
use serde_json::Value;

use crate::statement::{Statement, texts};

/// Palette's account.
pub(super) struct PaletteIdentity {
    pub(super) partition: Partition,
    pub(super) account: AccountId,
}

/// How much of Palette's account a statement applies to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reach {
    /// No principal of Palette's account.
    Nobody,
    /// One user, role or session of a role, which may be the one that Palette uses.
    Identity,
    /// The whole account.
    Account,
    /// The whole account, and all other accounts.
    Everyone,
}

impl PaletteIdentity {
    /// Returns the reach of a statement, and the principals that match Palette.
    pub(super) fn reach(&self, statement: Statement<'_>) -> (Reach, Vec<String>) {
        if let Some(others) = statement.member("NotPrincipal") {
            let excepted = names(others);
            let excepted: Vec<_> = excepted.iter().map(|name| self.reached_by(name)).collect();
            let reach = if !statement.denies() || excepted.iter().all(|one| *one == Reach::Nobody) {
                Reach::Everyone
            } else if excepted.contains(&Reach::Account) || excepted.contains(&Reach::Everyone) {
                Reach::Nobody
            } else {
                // It is unknown whether that user or role is the one that Palette uses. IAM may
                // deny it too where its account is not named beside it.
                Reach::Identity
            };
            return (reach, vec!["everyone but those named".to_owned()]);
        }
        let mut reach = (Reach::Nobody, Vec::new());
        for name in statement.member("Principal").map(names).unwrap_or_default() {
            let found = self.reached_by(&name);
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

    fn reached_by(&self, name: &str) -> Reach {
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
            // IAM does not support wildcards in a principal's ARN.
            Some(identity) if identity.contains('*') => Reach::Nobody,
            Some(identity) if identity.starts_with("user/") || identity.starts_with("role/") => {
                Reach::Identity
            }
            Some(_) | None => Reach::Nobody,
        }
    }

    /// Describes a principal that does not match Palette.
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

/// Returns the AWS principals. Palette cannot use principals of other types.
fn names(principal: &Value) -> Vec<String> {
    match principal {
        Value::Object(kinds) => texts(kinds.get("AWS")).collect(),
        Value::String(_) | Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {
            texts(Some(principal)).collect()
        }
    }
}

/// Returns all principals of a statement, for messages.
pub(super) fn everyone_named(statement: Statement<'_>) -> Vec<String> {
    match statement.member("Principal") {
        Some(Value::Object(kinds)) => kinds.values().flat_map(|names| texts(Some(names))).collect(),
        other => texts(other).collect(),
    }
}
