//! What a portal does for keys of a user or a role: broken, fixed, registered, listed and removed again.

use gangway_model::AuthMethod;
use gangway_policies::PolicyDocument;
use local_cloud::world::Customer;
use serde_json::{Value, json};

use crate::show::{Portal, Surprise, blocked, expect, names, told};

/// One method in one partition.
struct Stop<'a> {
    portal: &'a Portal<'a>,
    method: AuthMethod,
    customer: &'a Customer,
}

/// The whole way.
pub(crate) async fn visit(
    portal: &Portal<'_>,
    method: AuthMethod,
    customer: &Customer,
) -> Result<(), Surprise> {
    Stop { portal, method, customer }.visit().await
}

/// What was broken is fixed: validated, registered, registered again, listed. The uid.
pub(crate) async fn mended(
    portal: &Portal<'_>,
    method: AuthMethod,
    request: &Value,
    name: &str,
) -> Result<String, Surprise> {
    let accounts = format!("/v1/accounts/{method}");
    let validate = format!("{accounts}/validate");
    let report = portal.call("validate, mended", 200, "POST", &validate, Some(request)).await?;
    expect(report.get("ready") == Some(&json!(true)), || {
        format!("still not ready:{}", told(&report))
    })?;
    let receipt = portal.call("register", 201, "POST", &accounts, Some(request)).await?;
    expect(receipt.get("outcome") == Some(&json!("created")), || format!("no receipt: {receipt}"))?;
    let again = portal.call("register again", 200, "POST", &accounts, Some(request)).await?;
    let same =
        again.get("outcome") == Some(&json!("unchanged")) && again.get("uid") == receipt.get("uid");
    expect(same, || format!("not unchanged: {again}"))?;
    let list = portal.call("list", 200, "GET", "/v1/accounts", None).await?;
    expect(names(&list).contains(&name), || format!("{name} is not listed"))?;
    Ok(receipt.get("uid").and_then(Value::as_str).unwrap_or_default().to_owned())
}

/// It is removed again.
pub(crate) async fn removed(portal: &Portal<'_>, uid: &str, name: &str) -> Result<(), Surprise> {
    portal.call("delete", 204, "DELETE", &format!("/v1/accounts/{uid}"), None).await?;
    let list = portal.call("list", 200, "GET", "/v1/accounts", None).await?;
    expect(!names(&list).contains(&name), || format!("{name} is still listed"))
}

impl Stop<'_> {
    async fn visit(&self) -> Result<(), Surprise> {
        let validate = format!("/v1/accounts/{}/validate", self.method);
        let (name, request) = (self.name(), self.request());

        self.break_it();
        let report = self
            .portal
            .call("validate, broken on purpose", 200, "POST", &validate, Some(&request))
            .await?;
        blocked(&report)?;

        self.mend_it();
        let uid = mended(self.portal, self.method, &request, &name).await?;
        removed(self.portal, &uid, &name).await
    }

    fn name(&self) -> String {
        format!("demo-{}-{}", self.portal.realm.partition, self.method)
    }

    fn request(&self) -> Value {
        let name = self.name();
        if self.method == AuthMethod::Sts {
            return json!({"name": name, "roleArn": self.customer.role.arn()});
        }
        let keys = &self.customer.keys;
        json!({"name": name, "accessKeyId": keys.id, "secretAccessKey": keys.secret})
    }

    /// A policy is missing; the role trusts Palette with another tenant's external id.
    fn break_it(&self) {
        self.customer.disallow(PolicyDocument::Nodes);
        if self.method == AuthMethod::Sts {
            self.customer.trust_with_wrong_external_id();
        }
    }

    fn mend_it(&self) {
        self.customer.allow(PolicyDocument::Nodes);
        self.customer.trust_palette();
    }
}
