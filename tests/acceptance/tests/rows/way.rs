//! The two methods under test, and what a portal would send for each.

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

    /// Looks at it, and keeps nothing. Instances that are used often keep themselves under Palette's rate limit, and
    /// tests would wait with them: each request here meets a new one.
    pub(crate) async fn validate(self, stage: &Stage, request: &Value) -> Answer {
        stage.realm().functions.kill();
        stage.post(&format!("{}/validate", self.route()), request).await
    }

    /// Registers it, in a new instance.
    pub(crate) async fn register(self, stage: &Stage, request: &Value) -> Answer {
        stage.realm().functions.kill();
        stage.post(&self.route(), request).await
    }

    /// Validation says why not, registration refuses with the same report, and nothing is kept.
    pub(crate) async fn blocked(self, stage: &Stage, request: &Value) -> Answer {
        let (palette, kept) = (stage.registered(), stage.kept());
        let seen = self.validate(stage, request).await;
        seen.assert_status(200);
        assert_eq!(seen.ready(), Some(false), "{:#}", seen.body);
        let refused = self.register(stage, request).await;
        refused.assert_status(422);
        assert_eq!(refused.text_at("/type"), "urn:gangway:problem:blocked");
        assert_eq!(refused.ready(), Some(false));
        assert_eq!(refused.failed(), seen.failed());
        assert_eq!((stage.registered(), stage.kept()), (palette, kept), "something was kept");
        seen
    }

    /// Validation is green, and registration makes the account.
    pub(crate) async fn registered(self, stage: &Stage, request: &Value) -> Answer {
        let seen = self.validate(stage, request).await;
        seen.assert_status(200);
        assert_eq!(seen.ready(), Some(true), "{:#}", seen.body);
        let receipt = self.register(stage, request).await;
        receipt.assert_status(201);
        assert_eq!(receipt.outcome(), "created");
        receipt
    }
}

/// `request` with more members, or others.
pub(crate) fn with(mut request: Value, members: &Value) -> Value {
    let more = members.as_object().cloned().unwrap_or_default();
    request.as_object_mut().expect("an object").extend(more);
    request
}

/// The body that Palette holds of the account of this name.
pub(crate) fn in_palette(stage: &Stage, name: &str) -> Value {
    let records = stage.cloud().palette().records();
    records.account_named(name).expect("an account of that name").body.clone()
}
