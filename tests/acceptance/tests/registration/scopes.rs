//! Whose an account is: the tenant's or a project's. A name is taken in one scope only.

use acceptance::{
    TestApp,
    methods::{for_each_open, route},
    with,
};
use gangway_model::{AuthMethod, Partition};
use local_cloud::palette::UnknownProject;
use serde_json::{Value, json};

use crate::state::State;

fn project(app: &TestApp, at: usize) -> (String, String) {
    let records = app.cloud().palette().records();
    let project = &records.tenants[0].projects[at];
    (project.uid.clone(), project.name.clone())
}

fn scoped(request: &Value, scope: &Value) -> Value {
    with(request.clone(), &json!({"scope": scope}))
}

#[tokio::test]
async fn project_is_accepted_by_uid_and_by_name() {
    for_each_open(|app: TestApp, method| async move {
        let (uid, name) = project(&app, 1);
        let request = app.request(method, app.customer(), "prod");
        let first = app.post(&route(method), &scoped(&request, &json!({"project": name}))).await;
        assert_eq!((first.status, first.outcome()), (201, "created"), "{}", first.text);
        let state = State::of(&app, "prod");
        let account = state.account();
        assert_eq!(account["project"], uid.as_str());
        assert_eq!(account["body"]["metadata"]["annotations"]["scope"], "project");
        if method == AuthMethod::StaticCredentials {
            assert_eq!(state.secret().tags["gangway:scope"], format!("project/{uid}"));
        }
        let again = app.post(&route(method), &scoped(&request, &json!({"project": uid}))).await;
        assert_eq!((again.uid(), again.outcome()), (first.uid(), "unchanged"), "{}", again.text);
        // `accounts` finds it in its project, by name and by uid, and in no other scope.
        let path = format!("/v1/accounts/{}", first.uid());
        app.realm().functions.stop_idle_instances();
        for query in [format!("?project={uid}"), format!("?project={name}")] {
            let shown = app.get(&format!("{path}{query}")).await;
            assert_eq!(shown.body["scope"], json!({"project": uid}), "{}", shown.text);
        }
        // Palette calls that forbidden. It is the caller's scope that is wrong, not Gangway's key.
        let elsewhere = project(&app, 0).0;
        for query in [String::new(), format!("?project={elsewhere}")] {
            for response in [
                app.get(&format!("{path}{query}")).await,
                app.post(&format!("{path}/validate{query}"), &Value::Null).await,
                app.delete(&format!("{path}{query}")).await,
            ] {
                assert_eq!(response.status, 404, "{}", response.text);
                assert!(response.text_at("/detail").contains("?project="), "{}", response.text);
            }
        }
        assert_eq!(State::of(&app, "prod"), state);
        let removed = app.delete(&format!("{path}?project={name}")).await;
        assert_eq!(removed.status, 204, "{}", removed.text);
        app.assert_untouched();
    })
    .await;
}

#[tokio::test]
async fn tenant_account_cannot_be_deleted_through_a_project() {
    for_each_open(|app: TestApp, method| async move {
        let receipt = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        assert_eq!(receipt.status, 201, "{}", receipt.text);
        let (state, project) = (State::of(&app, "prod"), project(&app, 0).0);
        let path = format!("/v1/accounts/{}", receipt.uid());
        let refused = app.delete(&format!("{path}?project={project}")).await;
        assert_eq!(refused.status, 404, "{}", refused.text);
        assert_eq!(State::of(&app, "prod"), state);
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
            app.realm().functions.stop_idle_instances();
            let request = scoped(&app.request(method, app.customer(), "prod"), scope);
            let receipt = app.post(&route(method), &request).await;
            assert_eq!((receipt.status, receipt.outcome()), (201, "created"), "{}", receipt.text);
            uids.push(receipt.uid().to_owned());
        }
        let state = State::of(&app, "prod");
        assert_eq!(state.accounts.len(), scopes.len());
        for ((scope, owner), uid) in scopes.iter().zip(&uids) {
            app.realm().functions.stop_idle_instances();
            let account = state.accounts.iter().find(|account| account["uid"] == uid.as_str());
            assert_eq!(account.expect("that account")["project"], *owner);
            let request = scoped(&app.request(method, app.customer(), "prod"), scope);
            let again = app.post(&route(method), &request).await;
            assert_eq!((again.uid(), again.outcome()), (&**uid, "unchanged"), "{}", again.text);
        }
        assert_eq!(State::of(&app, "prod"), state);
        // What goes in one scope leaves the keys of the others alone.
        let removed = app.delete(&format!("/v1/accounts/{}", uids[0])).await;
        assert_eq!(removed.status, 204, "{}", removed.text);
        let left = State::of(&app, "prod");
        let kept = if method == AuthMethod::StaticCredentials { scopes.len() - 1 } else { 0 };
        assert_eq!((left.accounts.len(), left.live().len()), (scopes.len() - 1, kept));
    })
    .await;
}

#[tokio::test]
async fn unknown_project_in_the_body_is_refused() {
    for_each_open(|app: TestApp, method| async move {
        let request = app.request(method, app.customer(), "prod");
        // The second tenant's projects are none of ours.
        let foreign = app.cloud().palette().records().tenants[1].projects[0].uid.clone();
        for unknown in [UnknownProject::Missing, UnknownProject::Denied] {
            app.cloud().palette().configure(|palette| palette.unknown_project = unknown);
            for project in ["Nowhere", "65f000ffffffffffffffffff", &foreign] {
                let response =
                    app.post(&route(method), &scoped(&request, &json!({"project": project}))).await;
                assert_eq!(response.status, 422, "{project}: {}", response.text);
                assert_eq!(response.pointers(), ["/scope/project"], "{}", response.text);
            }
            app.realm().functions.stop_idle_instances();
        }
        app.assert_untouched();
    })
    .await;
}

#[tokio::test]
async fn unknown_project_in_the_query_is_refused() {
    let app = TestApp::start(Partition::Aws).await;
    let uid = "65f000abcdefabcdefabcdef";
    let role = json!({"roleArn": app.customer().role.arn()});
    for project in ["Nowhere", "65f000ffffffffffffffffff"] {
        for (verb, path, body) in [
            ("GET", "/v1/accounts".to_owned(), None),
            ("GET", format!("/v1/accounts/{uid}"), None),
            ("DELETE", format!("/v1/accounts/{uid}"), None),
            ("POST", format!("/v1/accounts/{uid}/validate"), Some(json!({}))),
            ("POST", "/v1/policies".to_owned(), Some(role.clone())),
            ("GET", "/v1/private-cloud-gateways".to_owned(), None),
            ("GET", "/v1/accounts/sts/trust".to_owned(), None),
        ] {
            app.realm().functions.stop_idle_instances();
            let headers: Vec<_> = body.iter().map(|_| acceptance::JSON).collect();
            let body = body.map(|body| body.to_string().into_bytes());
            let path = format!("{path}?project={project}");
            let response = app.send(verb, &path, &headers, body).await;
            assert_eq!(response.status, 422, "{verb} {path}: {}", response.text);
            assert_eq!(response.pointers(), ["/project"], "{verb} {path}: {}", response.text);
        }
    }
}
