//! Whose an account is: the tenant's or a project's. A name is taken in one scope only.

use acceptance::Stage;
use gangway_model::Partition;
use local_cloud::palette::UnknownProject;
use serde_json::{Value, json};

use crate::{
    scene::{Way, everywhere, with},
    state::State,
};

fn project(stage: &Stage, at: usize) -> (String, String) {
    let records = stage.cloud().palette().records();
    let project = &records.tenants[0].projects[at];
    (project.uid.clone(), project.name.clone())
}

fn scoped(request: &Value, scope: &Value) -> Value {
    with(request, json!({"scope": scope}))
}

#[tokio::test]
async fn a_project_may_be_named_by_uid_or_by_name() {
    everywhere(|stage: Stage, way| async move {
        let (uid, name) = project(&stage, 1);
        let request = way.request(stage.customer(), "prod");
        let first = stage.post(&way.path(), &scoped(&request, &json!({"project": name}))).await;
        assert_eq!((first.status, first.outcome()), (201, "created"), "{}", first.text);
        let state = State::of(&stage, "prod");
        let account = state.account();
        assert_eq!(account["project"], uid.as_str());
        assert_eq!(account["body"]["metadata"]["annotations"]["scope"], "project");
        if way == Way::Keys {
            assert_eq!(state.secret().tags["gangway:scope"], format!("project/{uid}"));
        }
        let again = stage.post(&way.path(), &scoped(&request, &json!({"project": uid}))).await;
        assert_eq!((again.uid(), again.outcome()), (first.uid(), "unchanged"), "{}", again.text);
        // The accounts function sees it from its project, by name and by uid, and from nowhere else.
        let path = format!("/v1/accounts/{}", first.uid());
        stage.realm().functions.kill();
        for query in [format!("?project={uid}"), format!("?project={name}")] {
            let shown = stage.get(&format!("{path}{query}")).await;
            assert_eq!(shown.body["scope"], json!({"project": uid}), "{}", shown.text);
        }
        // Palette calls that forbidden. It is the caller's scope that is wrong, not Gangway's key.
        let elsewhere = project(&stage, 0).0;
        for query in [String::new(), format!("?project={elsewhere}")] {
            for answer in [
                stage.get(&format!("{path}{query}")).await,
                stage.post(&format!("{path}/validate{query}"), &Value::Null).await,
                stage.delete(&format!("{path}{query}")).await,
            ] {
                assert_eq!(answer.status, 404, "{}", answer.text);
                assert!(answer.text_at("/detail").contains("?project="), "{}", answer.text);
            }
        }
        assert_eq!(State::of(&stage, "prod"), state);
        let removed = stage.delete(&format!("{path}?project={name}")).await;
        assert_eq!(removed.status, 204, "{}", removed.text);
        stage.assert_untouched();
    })
    .await;
}

#[tokio::test]
async fn an_account_of_the_tenant_is_not_removed_through_a_project() {
    everywhere(|stage: Stage, way| async move {
        let receipt = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        assert_eq!(receipt.status, 201, "{}", receipt.text);
        let (state, project) = (State::of(&stage, "prod"), project(&stage, 0).0);
        let path = format!("/v1/accounts/{}", receipt.uid());
        let refused = stage.delete(&format!("{path}?project={project}")).await;
        assert_eq!(refused.status, 404, "{}", refused.text);
        assert_eq!(State::of(&stage, "prod"), state);
        assert_eq!(stage.delete(&path).await.status, 204);
    })
    .await;
}

#[tokio::test]
async fn a_name_is_free_in_every_other_scope() {
    everywhere(|stage: Stage, way| async move {
        let scopes = [
            (json!("tenant"), Value::Null),
            (json!({"project": project(&stage, 0).0}), json!(project(&stage, 0).0)),
            (json!({"project": project(&stage, 1).1}), json!(project(&stage, 1).0)),
        ];
        let mut uids = Vec::new();
        for (scope, _) in &scopes {
            stage.realm().functions.kill();
            let request = scoped(&way.request(stage.customer(), "prod"), scope);
            let receipt = stage.post(&way.path(), &request).await;
            assert_eq!((receipt.status, receipt.outcome()), (201, "created"), "{}", receipt.text);
            uids.push(receipt.uid().to_owned());
        }
        let state = State::of(&stage, "prod");
        assert_eq!(state.accounts.len(), scopes.len());
        for ((scope, owner), uid) in scopes.iter().zip(&uids) {
            stage.realm().functions.kill();
            let account = state.accounts.iter().find(|account| account["uid"] == uid.as_str());
            assert_eq!(account.expect("that account")["project"], *owner);
            let request = scoped(&way.request(stage.customer(), "prod"), scope);
            let again = stage.post(&way.path(), &request).await;
            assert_eq!((again.uid(), again.outcome()), (&**uid, "unchanged"), "{}", again.text);
        }
        assert_eq!(State::of(&stage, "prod"), state);
        // What goes in one scope leaves the keys of the others alone.
        let removed = stage.delete(&format!("/v1/accounts/{}", uids[0])).await;
        assert_eq!(removed.status, 204, "{}", removed.text);
        let left = State::of(&stage, "prod");
        let kept = if way == Way::Keys { scopes.len() - 1 } else { 0 };
        assert_eq!((left.accounts.len(), left.live().len()), (scopes.len() - 1, kept));
    })
    .await;
}

#[tokio::test]
async fn a_project_that_palette_does_not_have_is_refused() {
    everywhere(|stage: Stage, way| async move {
        let request = way.request(stage.customer(), "prod");
        // The second tenant's projects are none of ours.
        let foreign = stage.cloud().palette().records().tenants[1].projects[0].uid.clone();
        for unknown in [UnknownProject::Missing, UnknownProject::Denied] {
            stage.cloud().palette().behave(|palette| palette.unknown_project = unknown);
            for project in ["Nowhere", "65f000ffffffffffffffffff", &foreign] {
                let answer =
                    stage.post(&way.path(), &scoped(&request, &json!({"project": project}))).await;
                assert_eq!(answer.status, 422, "{project}: {}", answer.text);
                assert_eq!(answer.pointers(), ["/scope/project"], "{}", answer.text);
            }
            stage.realm().functions.kill();
        }
        stage.assert_untouched();
    })
    .await;
}

#[tokio::test]
async fn a_project_of_the_query_that_palette_does_not_have_is_refused() {
    let stage = Stage::start(Partition::Aws).await;
    let uid = "65f000abcdefabcdefabcdef";
    let role = json!({"roleArn": stage.customer().role.arn()});
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
            stage.realm().functions.kill();
            let headers: Vec<_> = body.iter().map(|_| acceptance::JSON).collect();
            let body = body.map(|body| body.to_string().into_bytes());
            let path = format!("{path}?project={project}");
            let answer = stage.send(verb, &path, &headers, body).await;
            assert_eq!(answer.status, 422, "{verb} {path}: {}", answer.text);
            assert_eq!(answer.pointers(), ["/project"], "{verb} {path}: {}", answer.text);
        }
    }
}
