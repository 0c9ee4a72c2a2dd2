//! Demo of access keys and roles: broken, fixed, registered, listed and deleted.

use gangway_model::AuthMethod;
use gangway_policies::PolicyDocument;
use local_cloud::fixtures::CustomerAccount;
use serde_json::{Value, json};

use crate::show::{
    Failure, PortalClient, expect, expect_blocked, expect_event, failed_checks_text, names,
};

/// The demo of one method in one partition.
struct WizardDemo<'a> {
    portal: &'a PortalClient<'a>,
    method: AuthMethod,
    customer: &'a CustomerAccount,
}

/// Runs the demo.
pub(crate) async fn run(
    portal: &PortalClient<'_>,
    method: AuthMethod,
    customer: &CustomerAccount,
) -> Result<(), Failure> {
    WizardDemo { portal, method, customer }.run_steps().await
}

/// Expects a correct request to be ready, then created, unchanged when repeated, and listed.
/// Returns the uid.
pub(crate) async fn demo_registration(
    portal: &PortalClient<'_>,
    method: AuthMethod,
    request: &Value,
    name: &str,
) -> Result<String, Failure> {
    let accounts = format!("/v1/tenant/accounts/{method}");
    let validate = format!("{accounts}/validate");
    let report = portal.call("validate, fixed", 200, "POST", &validate, Some(request)).await?;
    expect(report.get("ready") == Some(&json!(true)), || {
        format!("still not ready:{}", failed_checks_text(&report))
    })?;
    let receipt = portal.call("register", 201, "POST", &accounts, Some(request)).await?;
    expect(receipt.get("outcome") == Some(&json!("created")), || format!("no receipt: {receipt}"))?;
    expect_event(portal.deployment, portal.label, "Gangway Account Registered")?;
    let again = portal.call("register again", 200, "POST", &accounts, Some(request)).await?;
    let same =
        again.get("outcome") == Some(&json!("unchanged")) && again.get("uid") == receipt.get("uid");
    expect(same, || format!("not unchanged: {again}"))?;
    let list = portal.call("list", 200, "GET", "/v1/tenant/accounts", None).await?;
    expect(names(&list).contains(&name), || format!("{name} is not listed"))?;
    Ok(receipt.get("uid").and_then(Value::as_str).unwrap_or_default().to_owned())
}

/// Deletes the account and checks that it is no longer listed.
pub(crate) async fn delete_account(
    portal: &PortalClient<'_>,
    uid: &str,
    name: &str,
) -> Result<(), Failure> {
    portal.call("delete", 204, "DELETE", &format!("/v1/tenant/accounts/{uid}"), None).await?;
    expect_event(portal.deployment, portal.label, "Gangway Account Removed")?;
    let list = portal.call("list", 200, "GET", "/v1/tenant/accounts", None).await?;
    expect(!names(&list).contains(&name), || format!("{name} is still listed"))
}

impl WizardDemo<'_> {
    async fn run_steps(&self) -> Result<(), Failure> {
        let validate = format!("/v1/tenant/accounts/{}/validate", self.method);
        let (name, request) = (self.name(), self.request());

        self.break_account();
        let report = self
            .portal
            .call("validate, broken on purpose", 200, "POST", &validate, Some(&request))
            .await?;
        expect_blocked(&report)?;

        self.fix_account();
        let uid = demo_registration(self.portal, self.method, &request, &name).await?;
        delete_account(self.portal, &uid, &name).await
    }

    fn name(&self) -> String {
        format!("demo-{}-{}", self.portal.deployment.partition, self.method)
    }

    fn request(&self) -> Value {
        let name = self.name();
        if self.method == AuthMethod::Sts {
            return json!({"name": name, "roleArn": self.customer.role.arn()});
        }
        let keys = &self.customer.keys;
        json!({"name": name, "accessKeyId": keys.id, "secretAccessKey": keys.secret})
    }

    /// Detaches a policy. For STS, the role also gets a wrong external id.
    fn break_account(&self) {
        self.customer.detach_policy(PolicyDocument::Nodes);
        if self.method == AuthMethod::Sts {
            self.customer.trust_with_wrong_external_id();
        }
    }

    fn fix_account(&self) {
        self.customer.attach_policy(PolicyDocument::Nodes);
        self.customer.trust_palette();
    }
}
