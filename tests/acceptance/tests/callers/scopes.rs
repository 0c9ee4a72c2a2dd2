//! Tests that a caller's role limits the scopes and the actions that the caller may use.

use acceptance::{PARTITIONS, TestApp};
use gangway_model::AuthMethod;
use serde_json::{Value, json};

use crate::client::{Caller, start_gateway_that_requires_signatures};

/// Returns every route of a scope as HTTP method, path and body. Paths that name an account contain
/// `uid`.
fn routes_of_scope(
    scope: &str,
    uid: &str,
    request: &Value,
) -> Vec<(&'static str, String, Option<Value>)> {
    let mut routes = vec![
        ("GET", format!("/v1/{scope}/accounts"), None),
        ("GET", format!("/v1/{scope}/accounts?limit=1"), None),
        ("GET", format!("/v1/{scope}/accounts/{uid}"), None),
        ("GET", format!("/v1/{scope}/accounts/{uid}/policies"), None),
        ("GET", format!("/v1/{scope}/private-cloud-gateways"), None),
        ("POST", format!("/v1/{scope}/accounts/{uid}/validate"), Some(json!({}))),
        ("DELETE", format!("/v1/{scope}/accounts/{uid}"), None),
    ];
    for method in [AuthMethod::StaticCredentials, AuthMethod::Sts, AuthMethod::PodIdentity] {
        let path = format!("/v1/{scope}/accounts/{method}");
        routes.extend([
            ("POST", format!("{path}/validate"), Some(request.clone())),
            ("POST", path.clone(), Some(request.clone())),
            ("PUT", format!("{path}/{uid}"), Some(request.clone())),
        ]);
    }
    routes
}

#[tokio::test]
async fn team_cannot_reach_the_accounts_of_another_scope() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let gateway = start_gateway_that_requires_signatures(&app).await;
        let projects = {
            let records = app.cloud().palette().records();
            let projects = &records.tenants[0].projects;
            [projects[0].clone(), projects[1].clone()]
        };
        let [default, payments] = &projects;
        let trusted = app.customer().account.role("Pipeline").arn();
        let team = |name: &str, scope: &str| {
            Caller::deploy_role_and_assume_it(
                &app,
                &gateway,
                &[
                    ("RoleName", name),
                    ("Scope", scope),
                    ("AllowDelete", "true"),
                    ("TrustedPrincipals", &trusted),
                ],
            )
        };
        let team_one = team("TeamOne", &format!("projects/{}", default.uid));
        let team_two = team("TeamTwo", &format!("projects/{}", payments.name));
        let operators = team("Operators", "tenant");

        // Each caller registers an account in the caller's own scope.
        let request = app.request(AuthMethod::Sts, app.customer(), "prod");
        let other = app.request(AuthMethod::Sts, app.second_customer(), "prod");
        let own = [
            (&team_one, format!("projects/{}", default.uid), &request),
            (&team_two, format!("projects/{}", payments.name), &other),
            (&operators, "tenant".to_owned(), &request),
        ];
        let mut uids = Vec::new();
        for (team, scope, request) in &own {
            let path = format!("/v1/{scope}/accounts/sts");
            let created = team.send("POST", &path, Some(request)).await;
            assert_eq!(created.status, 201, "{scope}: {}", created.body);
            uids.push(created.text("uid").to_owned());
            app.deployment().functions.stop_idle_instances();
        }
        let before = app.cloud().palette().records().accounts.clone();

        for (position, (team, scope, request)) in own.iter().enumerate() {
            for (other, (_, other_scope, _)) in own.iter().enumerate() {
                if other == position {
                    continue;
                }
                let uid = &uids[other];
                // Paths of another caller's scope: IAM denies access.
                for (verb, path, body) in routes_of_scope(other_scope, uid, request) {
                    let response = team.send(verb, &path, body.as_ref()).await;
                    assert_eq!(response.status, 403, "{scope} {verb} {path}: {}", response.body);
                }
                // The uid of another caller's account in a path of the own scope: Gangway does not
                // find the account.
                for (verb, path, body) in routes_of_scope(scope, uid, request) {
                    if !path.contains(uid.as_str()) || path.contains("pod-identity/") {
                        continue;
                    }
                    // Gangway parses the body before it looks for the account. The body is valid
                    // only for method `sts`.
                    if verb == "PUT" && !path.contains("/sts/") {
                        continue;
                    }
                    app.deployment().functions.stop_idle_instances();
                    let response = team.send(verb, &path, body.as_ref()).await;
                    assert_eq!(response.status, 404, "{scope} {verb} {path}: {}", response.body);
                }
                // Paths that API Gateway and Gangway could interpret in different ways.
                let project = scope.trim_start_matches("projects/");
                for path in [
                    format!("/v1/{scope}/accounts/..%2F..%2F..%2F{other_scope}/accounts/{uid}"),
                    format!("/v1/{scope}/../../{other_scope}/accounts/{uid}"),
                    format!("/v1/projects/{project}%2F..%2F{other_scope}/accounts"),
                ] {
                    let response = team.send("GET", &path, None).await;
                    assert!(
                        [400, 403, 404].contains(&response.status),
                        "{path}: {}",
                        response.body
                    );
                    assert!(response.body["accounts"].is_null(), "{path}: {}", response.body);
                }
            }
            let list = team.send("GET", &format!("/v1/{scope}/accounts"), None).await;
            let accounts = list.body["accounts"].as_array().expect("accounts");
            assert_eq!(accounts.len(), 1, "{scope}: {}", list.body);
            assert_eq!(accounts[0]["uid"], uids[position].as_str());
        }
        let after = app.cloud().palette().records().accounts.clone();
        assert_eq!(format!("{after:?}"), format!("{before:?}"), "an account was changed");
    }
}

#[tokio::test]
async fn caller_role_may_do_only_what_its_parameters_allow() {
    let app = TestApp::start(PARTITIONS[0]).await;
    let gateway = start_gateway_that_requires_signatures(&app).await;
    let request = app.request(AuthMethod::Sts, app.customer(), "prod");
    let trusted = app.customer().account.role("Pipeline").arn();
    let caller = |name: &str, parameters: &[(&str, &str)]| {
        let mut all = vec![
            ("RoleName", name),
            ("Scope", "tenant"),
            ("Scope2", "projects/Payments"),
            ("TrustedPrincipals", &trusted),
        ];
        all.extend(parameters);
        Caller::deploy_role_and_assume_it(&app, &gateway, &all)
    };
    let reader = caller("Reader", &[("AllowRegister", "false"), ("AllowReplace", "false")]);
    let registrar = caller("Registrar", &[]);
    let path = "/v1/tenant/accounts/sts";
    assert_eq!(reader.send("POST", path, Some(&request)).await.status, 403);
    let report = reader.send("POST", &format!("{path}/validate"), Some(&request)).await;
    assert_eq!(report.status, 200, "{}", report.body);
    let receipt = registrar.send("POST", path, Some(&request)).await;
    assert_eq!(receipt.status, 201, "{}", receipt.body);
    let uid = receipt.text("uid").to_owned();
    let account = format!("/v1/tenant/accounts/{uid}");
    assert_eq!(reader.send("GET", &account, None).await.status, 200);
    assert_eq!(reader.send("GET", "/v1/projects/Payments/accounts", None).await.status, 200);
    assert_eq!(reader.send("GET", "/v1/projects/Default/accounts", None).await.status, 403);
    assert_eq!(reader.send("GET", "/v1/sts/trust", None).await.status, 200);
    assert_eq!(reader.send("PUT", &format!("{path}/{uid}"), Some(&request)).await.status, 403);
    let replaced = registrar.send("PUT", &format!("{path}/{uid}"), Some(&request)).await;
    assert_eq!(replaced.status, 200, "{}", replaced.body);
    assert_eq!(registrar.send("DELETE", &account, None).await.status, 403);
    let remover = caller("Remover", &[("AllowDelete", "true")]);
    assert_eq!(remover.send("DELETE", &account, None).await.status, 204);
    app.assert_untouched();
}
