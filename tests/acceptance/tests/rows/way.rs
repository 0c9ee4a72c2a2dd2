//! The two methods under test, and what a portal would send for each.

pub(crate) use acceptance::with;
use acceptance::{Answer, Stage};
use local_cloud::world::Customer;
use serde_json::{Value, json};

/// A method.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    /// Keys of an IAM user.
    Keys,
    /// A role that Palette assumes.
    Role,
}

use Way::{Keys, Role};

/// Both methods.
pub(crate) const BOTH: [Way; 2] = [Keys, Role];

impl Way {
    /// As routes and events name it.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Keys => "static-credentials",
            Role => "sts",
        }
    }

    /// As Palette names it.
    pub(crate) const fn credential_type(self) -> &'static str {
        match self {
            Keys => "secret",
            Role => "sts",
        }
    }

    /// Where it is registered.
    pub(crate) fn route(self) -> String {
        format!("/v1/accounts/{}", self.id())
    }

    /// The shortest request for a customer.
    pub(crate) fn request(self, customer: &Customer, name: &str) -> Value {
        match self {
            Keys => json!({
                "name": name,
                "accessKeyId": customer.keys.id,
                "secretAccessKey": customer.keys.secret,
            }),
            Role => json!({"name": name, "roleArn": customer.role.arn()}),
        }
    }

    /// Looks at it, and keeps nothing.
    pub(crate) async fn validate(self, stage: &Stage, request: &Value) -> Answer {
        stage.validate(self.id(), request).await
    }

    /// Registers it, in a new instance.
    pub(crate) async fn register(self, stage: &Stage, request: &Value) -> Answer {
        stage.register(self.id(), request).await
    }

    /// Validation says why not, registration refuses with the same report, and nothing is kept.
    pub(crate) async fn blocked(self, stage: &Stage, request: &Value) -> Answer {
        stage.blocked(self.id(), request).await
    }

    /// Validation is green, and registration makes the account.
    pub(crate) async fn registered(self, stage: &Stage, request: &Value) -> Answer {
        stage.accepted(self.id(), request).await
    }
}

/// The body that Palette holds of the account of this name.
pub(crate) fn in_palette(stage: &Stage, name: &str) -> Value {
    stage.in_palette(name)
}
