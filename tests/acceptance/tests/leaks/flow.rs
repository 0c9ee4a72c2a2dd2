//! Every request that a portal can send for an account of one method.

use acceptance::{HttpResponse, REGISTRATION_REQUESTED, TestApp, with};
use local_cloud::fixtures::EVENT_SOURCE;
use serde_json::{Value, json};

/// A registration method.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    /// The method, as routes name it.
    pub(crate) method: &'static str,
    /// The shortest request.
    pub(crate) request: Value,
    /// The members that hold secrets.
    pub(crate) secrets: &'static [&'static str],
}

impl Flow {
    /// Returns the route of a registration.
    pub(crate) fn route(&self) -> String {
        format!("/v1/tenant/accounts/{}", self.method)
    }

    /// Returns the request with another account name.
    pub(crate) fn named(&self, name: &str) -> Value {
        with(self.request.clone(), &json!({"name": name}))
    }

    /// Returns the request without its name, as `/v1/policies` expects it.
    fn credentials(&self) -> Value {
        let mut request = self.request.clone();
        request.as_object_mut().expect("an object").remove("name");
        request
    }

    /// Registers an account without faults; returns its uid.
    pub(crate) async fn register(&self, app: &TestApp, name: &str) -> (String, HttpResponse) {
        let mut response = app.post(&self.route(), &self.named(name)).await;
        // On a busy machine, Palette's own call to AWS can time out.
        for _again in 0..2 {
            if ![200, 201].contains(&response.status) {
                response = app.post(&self.route(), &self.named(name)).await;
            }
        }
        assert!([200, 201].contains(&response.status), "{}: {}", self.method, response.text);
        (response.uid().to_owned(), response)
    }

    /// Sends every request for a registered account once.
    pub(crate) async fn send_all_requests(
        &self,
        app: &TestApp,
        name: &str,
        uid: &str,
    ) -> Vec<HttpResponse> {
        Self::run_watch(app).await;
        let (route, request) = (self.route(), self.named(name));
        let account_path = format!("/v1/tenant/accounts/{uid}");
        let changed = with(request.clone(), &json!({"description": "changed"}));
        vec![
            app.post(&format!("{route}/validate"), &request).await,
            app.post(&route, &request).await,
            app.put(&format!("{route}/{uid}"), &changed).await,
            app.get("/v1/tenant/accounts").await,
            app.get(&account_path).await,
            app.post(&format!("{account_path}/validate"), &json!({})).await,
            app.post("/v1/policies", &self.credentials()).await,
            app.get(&format!("/v1/tenant/accounts/{uid}/policies")).await,
            app.get(&format!("/v1/tenant/accounts/{uid}/history")).await,
            app.get("/v1/tenant/accounts?sort=expires").await,
            app.get("/v1/tenant/private-cloud-gateways").await,
        ]
    }

    /// Validates every registered account again, as the schedule does.
    async fn run_watch(app: &TestApp) {
        drop(app.deployment().run_schedules("account-watch").await);
        app.deployment().poller("account-watch").expect("a queue feeds it").wait_until_idle().await;
    }

    /// Sends the requests that make the most calls.
    pub(crate) async fn send_main_requests(
        &self,
        app: &TestApp,
        name: &str,
        uid: &str,
    ) -> Vec<HttpResponse> {
        Self::run_watch(app).await;
        let changed = with(self.named(name), &json!({"description": "changed"}));
        vec![
            app.post(&self.route(), &self.named(name)).await,
            app.put(&format!("{}/{uid}", self.route()), &changed).await,
            app.post(&format!("/v1/tenant/accounts/{uid}/validate"), &json!({})).await,
            app.post("/v1/policies", &self.credentials()).await,
        ]
    }

    /// Sends the request as an event: with its secrets, which is rejected, and with a secret ARN.
    pub(crate) async fn send_events(&self, app: &TestApp, name: &str) -> Vec<String> {
        let method = json!({"method": self.method});
        let mut outcomes = Vec::new();
        let mut detail = with(self.named(name), &method);
        outcomes.extend(put_event(app, &detail).await);
        if let Some(secret_members) = self.secret_members(&self.request) {
            let arn = app
                .deployment()
                .put_secret(&format!("gangway/incoming/tenant/{name}"), &secret_members.to_string())
                .await;
            let members = detail.as_object_mut().expect("an object");
            for member in secret_members.as_object().expect("an object").keys() {
                members.remove(member);
            }
            outcomes.extend(put_event(app, &with(detail, &json!({"secretArn": arn}))).await);
        }
        outcomes
    }

    /// Returns the members that an incoming secret can hold.
    pub(crate) fn secret_members(&self, request: &Value) -> Option<Value> {
        let secret_members: serde_json::Map<_, _> = self
            .secrets
            .iter()
            .filter_map(|member| Some(((*member).to_owned(), request.get(member)?.clone())))
            .collect();
        (!secret_members.is_empty()).then_some(Value::Object(secret_members))
    }
}

/// Returns the outcome of each delivery of an event. One with secrets matches no rule, so the function
/// is invoked with it.
async fn put_event(app: &TestApp, detail: &Value) -> Vec<String> {
    let deliveries = app.send_event(detail).await;
    if deliveries.is_empty() {
        let deployment = app.deployment();
        let event = deployment.bus.build_event(EVENT_SOURCE, REGISTRATION_REQUESTED, detail);
        let method = detail["method"].as_str().expect("a method");
        return vec![format!("{:?}", deployment.functions.invoke(method, &event).await)];
    }
    deliveries.into_iter().map(|delivery| format!("{:?}", delivery.outcome)).collect()
}
