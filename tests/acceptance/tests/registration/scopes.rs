//! An account belongs to one scope: the tenant or a project. Its name is unique in that scope only.

use acceptance::{
    TestApp,
    methods::{for_each_open, project_route, route},
    with,
};
use gangway_model::{AuthMethod, Partition};
use local_cloud::palette::UnknownProjectResponse;
use serde_json::{Value, json};

use crate::state::State;

/// Returns the uid and the name of the tenant's project at this index.
fn project(app: &TestApp, at: usize) -> (String, String) {
    let records = app.cloud().palette().records();
    let project = &records.tenants[0].projects[at];
    (project.uid.clone(), project.name.clone())
}

fn with_scope(request: &Value, scope: &Value) -> Value {
    with(request.clone(), &json!({"scope": scope}))
}

#[tokio::test]
async fn project_is_accepted_by_uid_and_by_name() {
    for_each_open(|app: TestApp, method| async move {
        let (uid, name) = project(&app, 1);
        let request = app.request(method, app.customer(), "prod");
        let first = app.post(&project_route(&name, method), &request).await;
        assert_eq!((first.status, first.outcome()), (201, "created"), "{}", first.text);
        let state = State::snapshot(&app, "prod");
        let account = state.account();
        assert_eq!(account["project"], uid.as_str());
        assert_eq!(account["body"]["metadata"]["annotations"]["scope"], "project");
        if method == AuthMethod::StaticCredentials {
            assert_eq!(state.secret().tags["gangway:scope"], format!("project/{uid}"));
        }
        let again = app.post(&project_route(&uid, method), &request).await;
        assert_eq!((again.uid(), again.outcome()), (first.uid(), "unchanged"), "{}", again.text);
        // The function `accounts` finds the account only in its project, which is given by uid or
        // by name.
        let path = |scope: &str| format!("/v1/{scope}/accounts/{}", first.uid());
        app.deployment().functions.stop_idle_instances();
        for project in [&uid, &name] {
            let shown = app.get(&path(&format!("projects/{project}"))).await;
            assert_eq!(shown.body["scope"], json!({"project": uid}), "{}", shown.text);
        }
        // Palette responds with 403 because of the scope; Gangway must not blame the API key for
        // it.
        let elsewhere = project(&app, 0).0;
        for scope in ["tenant", &format!("projects/{elsewhere}")] {
            let path = path(scope);
            let replace = format!("/v1/{scope}/accounts/{method}/{}", first.uid());
            for response in [
                app.get(&path).await,
                app.get(&format!("{path}/policies")).await,
                app.post(&format!("{path}/validate"), &Value::Null).await,
                app.put(&replace, &request).await,
                app.delete(&path).await,
            ] {
                assert_eq!(response.status, 404, "{}", response.text);
            }
        }
        assert_eq!(State::snapshot(&app, "prod"), state);
        let removed = app.delete(&path(&format!("projects/{name}"))).await;
        assert_eq!(removed.status, 204, "{}", removed.text);
        app.assert_untouched();
    })
    .await;
}

#[tokio::test]
async fn tenant_account_is_not_found_in_a_project() {
    for_each_open(|app: TestApp, method| async move {
        let receipt = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        assert_eq!(receipt.status, 201, "{}", receipt.text);
        let (state, project) = (State::snapshot(&app, "prod"), project(&app, 0).0);
        let in_project = format!("/v1/projects/{project}/accounts/{}", receipt.uid());
        for response in [
            app.get(&in_project).await,
            app.get(&format!("{in_project}/policies")).await,
            app.post(&format!("{in_project}/validate"), &Value::Null).await,
            app.delete(&in_project).await,
        ] {
            assert_eq!(response.status, 404, "{}", response.text);
        }
        // Palette lists accounts of the tenant in every project; Gangway leaves them out.
        let list = app.get(&format!("/v1/projects/{project}/accounts")).await;
        assert_eq!(list.body["accounts"], json!([]), "{}", list.text);
        assert_eq!(State::snapshot(&app, "prod"), state);
        let path = format!("/v1/tenant/accounts/{}", receipt.uid());
        assert_eq!(app.delete(&path).await.status, 204);
    })
    .await;
}

#[tokio::test]
async fn name_is_available_in_every_other_scope() {
    for_each_open(|app: TestApp, method| async move {
        let scopes = [
            (json!("tenant"), Value::Null),
            (json!({"project": project(&app, 0).0}), json!(project(&app, 0).0)),
            (json!({"project": project(&app, 1).1}), json!(project(&app, 1).0)),
        ];
        let mut uids = Vec::new();
        for (scope, _) in &scopes {
            app.deployment().functions.stop_idle_instances();
            let request = with_scope(&app.request(method, app.customer(), "prod"), scope);
            let receipt = app.post_registration(method, &request).await;
            assert_eq!((receipt.status, receipt.outcome()), (201, "created"), "{}", receipt.text);
            uids.push(receipt.uid().to_owned());
        }
        let state = State::snapshot(&app, "prod");
        assert_eq!(state.accounts.len(), scopes.len());
        for ((scope, owner), uid) in scopes.iter().zip(&uids) {
            app.deployment().functions.stop_idle_instances();
            let account = state.accounts.iter().find(|account| account["uid"] == uid.as_str());
            assert_eq!(account.expect("that account")["project"], *owner);
            let request = with_scope(&app.request(method, app.customer(), "prod"), scope);
            let again = app.post_registration(method, &request).await;
            assert_eq!((again.uid(), again.outcome()), (&**uid, "unchanged"), "{}", again.text);
        }
        let after = State::snapshot(&app, "prod");
        assert_eq!(after.normalized("prod"), state.normalized("prod"));
        // A deletion in one scope keeps the secrets of the accounts in other scopes.
        let removed = app.delete(&format!("/v1/tenant/accounts/{}", uids[0])).await;
        assert_eq!(removed.status, 204, "{}", removed.text);
        let left = State::snapshot(&app, "prod");
        let kept = if method == AuthMethod::StaticCredentials { scopes.len() - 1 } else { 0 };
        assert_eq!((left.accounts.len(), left.active().len()), (scopes.len() - 1, kept));
    })
    .await;
}

#[tokio::test]
async fn registration_in_an_unknown_project_is_rejected() {
    for_each_open(|app: TestApp, method| async move {
        let request = app.request(method, app.customer(), "prod");
        // A project of another tenant is unknown to this tenant.
        let foreign = app.cloud().palette().records().tenants[1].projects[0].uid.clone();
        for unknown in [UnknownProjectResponse::Missing, UnknownProjectResponse::Denied] {
            app.cloud().palette().configure(|palette| palette.unknown_project = unknown);
            for project in ["Nowhere", "65f000ffffffffffffffffff", &foreign] {
                let response = app.post(&project_route(project, method), &request).await;
                assert_eq!(response.status, 422, "{project}: {}", response.text);
                assert_eq!(response.pointers(), ["/project"], "{}", response.text);
            }
            app.deployment().functions.stop_idle_instances();
        }
        app.assert_untouched();
    })
    .await;
}

#[tokio::test]
async fn unknown_project_is_rejected_on_every_other_route() {
    let app = TestApp::start(Partition::Aws).await;
    let uid = "65f000abcdefabcdefabcdef";
    for project in ["Nowhere", "65f000ffffffffffffffffff"] {
        for (verb, path, body) in [
            ("GET", "accounts".to_owned(), None),
            ("GET", format!("accounts/{uid}"), None),
            ("GET", format!("accounts/{uid}/policies"), None),
            ("DELETE", format!("accounts/{uid}"), None),
            ("POST", format!("accounts/{uid}/validate"), Some(json!({}))),
            ("GET", "private-cloud-gateways".to_owned(), None),
        ] {
            app.deployment().functions.stop_idle_instances();
            let headers: Vec<_> = body.iter().map(|_| acceptance::JSON).collect();
            let body = body.map(|body| body.to_string().into_bytes());
            let path = format!("/v1/projects/{project}/{path}");
            let response = app.send(verb, &path, &headers, body).await;
            assert_eq!(response.status, 422, "{verb} {path}: {}", response.text);
            assert_eq!(response.pointers(), ["/project"], "{verb} {path}: {}", response.text);
        }
    }
}
