//! What a portal does with a request of whichever method, and what must hold then.

use serde_json::Value;

use crate::{Answer, Stage};

impl Stage {
    /// Looks at it, and keeps nothing. Instances that are used often keep themselves under Palette's rate limit, and
    /// tests would wait with them: each request here meets a new one.
    pub async fn validate(&self, method: &str, request: &Value) -> Answer {
        self.realm().functions.kill();
        self.post(&format!("/v1/accounts/{method}/validate"), request).await
    }

    /// Registers it, in a new instance.
    pub async fn register(&self, method: &str, request: &Value) -> Answer {
        self.realm().functions.kill();
        self.post(&format!("/v1/accounts/{method}"), request).await
    }

    /// Validation says why not, registration refuses with the same report, and nothing is kept.
    pub async fn blocked(&self, method: &str, request: &Value) -> Answer {
        let (palette, kept) = (self.registered(), self.kept());
        let seen = self.validate(method, request).await;
        seen.assert_status(200);
        assert_eq!(seen.ready(), Some(false), "{:#}", seen.body);
        let refused = self.register(method, request).await;
        refused.assert_status(422);
        assert_eq!(refused.text_at("/type"), "urn:gangway:problem:blocked");
        assert_eq!(refused.ready(), Some(false));
        assert_eq!(refused.failed(), seen.failed());
        assert_eq!((self.registered(), self.kept()), (palette, kept), "something was kept");
        seen
    }

    /// Validation is green, and registration makes the account.
    pub async fn accepted(&self, method: &str, request: &Value) -> Answer {
        let seen = self.validate(method, request).await;
        seen.assert_status(200);
        assert_eq!(seen.ready(), Some(true), "{:#}", seen.body);
        let receipt = self.register(method, request).await;
        receipt.assert_status(201);
        assert_eq!(receipt.outcome(), "created");
        receipt
    }

    /// The body that Palette holds of the account of this name.
    pub fn in_palette(&self, name: &str) -> Value {
        let records = self.cloud().palette().records();
        records.account_named(name).expect("an account of that name").body.clone()
    }
}

/// `request` with more members, or others.
#[must_use]
pub fn with(mut request: Value, members: &Value) -> Value {
    let more = members.as_object().cloned().unwrap_or_default();
    request.as_object_mut().expect("an object").extend(more);
    request
}
