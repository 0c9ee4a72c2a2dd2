//! Sends requests that have a secret where none may be: in every member, header, query parameter
//! and part of the path.

use acceptance::{JSON, TestApp, evidence::Evidence, with};
use serde_json::{Value, json};

use crate::flow::Flow;

/// Headers that clients and proxies send. Programs often log some of them.
const HEADERS: [&str; 8] = [
    "authorization",
    "cookie",
    "user-agent",
    "x-amzn-trace-id",
    "x-api-key",
    "x-correlation-id",
    "x-forwarded-for",
    "x-secret",
];
/// Query parameters of the API, and one that the API does not have.
const PARAMETERS: [&str; 8] = [
    "clusterName",
    "clusterRegion",
    "limit",
    "next",
    "partition",
    "project",
    "targetAccountId",
    "unknown",
];

/// Sends all invalid requests and adds the responses to the evidence.
pub(crate) async fn send_all_invalid_requests(
    app: &TestApp,
    flow: &Flow,
    secret: &str,
    evidence: &mut Evidence,
) {
    send_bodies(app, flow, secret, evidence).await;
    send_headers_queries_and_paths(app, flow, secret, evidence).await;
    send_invalid_secrets(app, flow, secret, evidence).await;
}

/// Sends requests with a secret in unknown members, in members of wrong type, and in bodies that
/// are not JSON.
async fn send_bodies(app: &TestApp, flow: &Flow, secret: &str, evidence: &mut Evidence) {
    // The member `colour` is unknown, so every request below is invalid.
    let invalid_request = with(flow.request.clone(), &json!({"colour": secret}));
    let mut invalid_bodies = vec![
        invalid_request.clone(),
        with(invalid_request.clone(), &json!({secret: {secret: secret}})),
        json!(secret),
        json!([secret, {secret: [secret]}]),
    ];
    let other_member_names = json!({
        "description": "", "partition": "", "scope": "", "policyArns": "", "privateCloudGateway": "", "permissionProfile": "",
        "secretArn": "", "permissionBoundaryArn": "", "uid": "",
    });
    let members = with(invalid_request.clone(), &other_member_names);
    for member in members.as_object().into_iter().flatten().map(|(member, _)| member) {
        for value in
            [json!(secret), json!([secret]), json!({secret: secret}), json!({"project": secret})]
        {
            invalid_bodies.push(with(invalid_request.clone(), &json!({member.as_str(): value})));
        }
    }
    let verbs = [("POST", flow.route()), ("POST", format!("{}/validate", flow.route()))];
    for (verb, path) in &verbs {
        for body in &invalid_bodies {
            let body = Some(body.to_string().into_bytes());
            evidence.add_response(&app.send(verb, path, &[JSON], body).await);
        }
    }
    let text = flow.request.to_string();
    for malformed in [
        secret.to_owned(),
        format!("{{\"secretAccessKey\": \"{secret}"),
        format!("{{\"secretAccessKey\": {secret}}}"),
        text[..text.len() - 1].to_owned(),
        format!("{text}{secret}"),
        format!("secretAccessKey={secret}"),
    ] {
        for content_type in ["application/json", "application/x-www-form-urlencoded"] {
            let headers = [("content-type", content_type)];
            let body = Some(malformed.clone().into_bytes());
            evidence.add_response(&app.send("POST", &flow.route(), &headers, body).await);
        }
    }
    for body in &invalid_bodies {
        let body = Some(body.to_string().into_bytes());
        evidence.add_response(&app.send("POST", "/v1/policies", &[JSON], body.clone()).await);
        let path = "/v1/tenant/accounts/5f0c1a2b3c4d5e6f70818293/validate";
        evidence.add_response(&app.send("POST", path, &[JSON], body).await);
    }
}

/// Sends requests with a secret in headers, query parameters and paths.
async fn send_headers_queries_and_paths(
    app: &TestApp,
    flow: &Flow,
    secret: &str,
    evidence: &mut Evidence,
) {
    let one_line: String = secret.lines().nth(1).unwrap_or(secret).to_owned();
    let encoded = one_line.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
    for header in HEADERS {
        let headers = [JSON, (header, one_line.as_str())];
        let body = Some(b"{}".to_vec());
        evidence.add_response(&app.send("POST", &flow.route(), &headers, body).await);
        evidence.add_response(
            &app.send("GET", "/v1/tenant/accounts", &[(header, one_line.as_str())], None).await,
        );
    }
    let body = Some(b"{}".to_vec());
    let headers = [("content-type", one_line.as_str())];
    evidence.add_response(&app.send("POST", &flow.route(), &headers, body).await);
    for parameter in PARAMETERS {
        for path in [
            "/v1/tenant/accounts",
            "/v1/sts/trust",
            "/v1/pod-identity/plan",
            "/v1/tenant/private-cloud-gateways",
        ] {
            // Gangway sends the value of `next` to Palette, so the secret would be in that call.
            if parameter == "next" {
                continue;
            }
            evidence.add_response(&app.get(&format!("{path}?{parameter}={encoded}")).await);
            evidence.add_response(&app.get(&format!("{path}?{encoded}={parameter}")).await);
        }
    }
    for path in [
        format!("/v1/{encoded}"),
        format!("/v1/tenant/accounts/{encoded}"),
        format!("/v1/tenant/accounts/{encoded}/validate"),
        format!("{}/{encoded}", flow.route()),
        format!("/{encoded}/accounts"),
    ] {
        for verb in ["GET", "POST", "PUT", "DELETE"] {
            let body = (verb != "GET").then(|| b"{}".to_vec());
            evidence.add_response(&app.send(verb, &path, &[JSON], body).await);
        }
    }
}

/// Sends requests whose incoming secret has invalid content.
async fn send_invalid_secrets(app: &TestApp, flow: &Flow, secret: &str, evidence: &mut Evidence) {
    let Some(secret_members) = flow.find_secret_members(&flow.request) else { return };
    let mut request = flow.request.clone();
    for member in secret_members.as_object().expect("an object").keys() {
        request.as_object_mut().expect("an object").remove(member);
    }
    let valid = secret_members.to_string();
    let contents: Vec<String> = vec![
        secret.to_owned(),
        valid[..valid.len() - 3].to_owned(),
        json!([secret_members]).to_string(),
        with(secret_members.clone(), &json!({"colour": secret, secret: 1})).to_string(),
        Value::from(secret).to_string(),
    ];
    for secret_members in contents {
        let arn =
            app.deployment().put_secret("gangway/incoming/tenant/wrong", &secret_members).await;
        let request = with(request.clone(), &json!({"secretArn": arn}));
        evidence.add_response(&app.post(&flow.route(), &request).await);
    }
}
