//! The requests and events that a client can send about an account of one method.

use acceptance::{HttpResponse, REGISTRATION_REQUESTED, TestApp, with};
use local_cloud::fixtures::EVENT_SOURCE;
use serde_json::{Value, json};

/// A method, with a valid request.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    /// The id of the method, as it is in paths.
    pub(crate) method: &'static str,
    /// A valid registration without optional members.
    pub(crate) request: Value,
    /// The request members that an incoming secret can hold instead.
    pub(crate) secrets: &'static [&'static str],
}

impl Flow {
    /// Returns the path that registers an account in the scope of the tenant.
    pub(crate) fn route(&self) -> String {
        format!("/v1/tenant/accounts/{}", self.method)
    }

    /// Returns the registration with this account name.
    pub(crate) fn request_with_name(&self, name: &str) -> Value {
        with(self.request.clone(), &json!({"name": name}))
    }

    /// Returns the request without the account name: the body of a request to `/v1/policies`.
    fn request_without_name(&self) -> Value {
        let mut request = self.request.clone();
        request.as_object_mut().expect("an object").remove("name");
        request
    }

    /// Registers an account. Returns its uid and the response.
    ///
    /// # Panics
    /// If the account is not registered after three attempts.
    pub(crate) async fn register(&self, app: &TestApp, name: &str) -> (String, HttpResponse) {
        let mut response = app.post(&self.route(), &self.request_with_name(name)).await;
        // On a busy machine, a call from Palette to AWS can time out. So failed registrations are
        // repeated.
        for _repetition in 0..2 {
            if ![200, 201].contains(&response.status) {
                response = app.post(&self.route(), &self.request_with_name(name)).await;
            }
        }
        assert!([200, 201].contains(&response.status), "{}: {}", self.method, response.text);
        (response.uid().to_owned(), response)
    }

    /// Runs the watch, and sends each request that is about a registered account once. Does not
    /// delete it.
    pub(crate) async fn send_all_requests(
        &self,
        app: &TestApp,
        name: &str,
        uid: &str,
    ) -> Vec<HttpResponse> {
        Self::run_watch(app).await;
        let (route, request) = (self.route(), self.request_with_name(name));
        let account_path = format!("/v1/tenant/accounts/{uid}");
        let changed = with(request.clone(), &json!({"description": "changed"}));
        vec![
            app.post(&format!("{route}/validate"), &request).await,
            app.post(&route, &request).await,
            app.put(&format!("{route}/{uid}"), &changed).await,
            app.get("/v1/tenant/accounts").await,
            app.get(&account_path).await,
            app.post(&format!("{account_path}/validate"), &json!({})).await,
            app.post("/v1/policies", &self.request_without_name()).await,
            app.get(&format!("/v1/tenant/accounts/{uid}/policies")).await,
            app.get(&format!("/v1/tenant/accounts/{uid}/history")).await,
            app.get("/v1/tenant/accounts?sort=expires").await,
            app.get("/v1/tenant/private-cloud-gateways").await,
        ]
    }

    /// Runs the watch, which validates every registered account again.
    async fn run_watch(app: &TestApp) {
        drop(app.deployment().run_schedules("account-watch").await);
        app.deployment().poller("account-watch").expect("a queue feeds it").wait_until_idle().await;
    }

    /// Runs the watch, and sends the requests in which Gangway makes the most calls to services.
    pub(crate) async fn send_main_requests(
        &self,
        app: &TestApp,
        name: &str,
        uid: &str,
    ) -> Vec<HttpResponse> {
        Self::run_watch(app).await;
        let changed = with(self.request_with_name(name), &json!({"description": "changed"}));
        vec![
            app.post(&self.route(), &self.request_with_name(name)).await,
            app.put(&format!("{}/{uid}", self.route()), &changed).await,
            app.post(&format!("/v1/tenant/accounts/{uid}/validate"), &json!({})).await,
            app.post("/v1/policies", &self.request_without_name()).await,
        ]
    }

    /// Sends the registration as an event, twice: first with its secrets, which Gangway rejects,
    /// then with the secrets in an incoming secret. Returns the results of the invocations.
    pub(crate) async fn send_events(&self, app: &TestApp, name: &str) -> Vec<String> {
        let method = json!({"method": self.method});
        let mut outcomes = Vec::new();
        let mut detail = with(self.request_with_name(name), &method);
        outcomes.extend(put_event(app, &detail).await);
        if let Some(secret_members) = self.find_secret_members(&self.request) {
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

    /// Returns the members of a request that an incoming secret can hold, or `None` if there are
    /// none.
    pub(crate) fn find_secret_members(&self, request: &Value) -> Option<Value> {
        let secret_members: serde_json::Map<_, _> = self
            .secrets
            .iter()
            .filter_map(|member| Some(((*member).to_owned(), request.get(member)?.clone())))
            .collect();
        (!secret_members.is_empty()).then_some(Value::Object(secret_members))
    }
}

/// Puts an event and returns the result of each delivery. An event that contains secrets matches no
/// rule. So if no function receives the event, invokes the function of the method with it.
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
