//! Account names with blanks, slashes and letters of any language are accepted and kept.

use acceptance::{
    TestApp,
    methods::{for_each_open, project_route, route},
    with,
};
use gangway_model::AuthMethod;
use serde_json::{Value, json};

/// Account names, each with the escaped form that the name of its secret ends with.
const NAMES: [(&str, &str); 6] = [
    ("Prod Account", "Prod=20Account"),
    ("Prod=20Account", "Prod=3D20Account"),
    ("eu/../prod", "eu=2F..=2Fprod"),
    ("50% of a&b, c#d?", "50=25=20of=20a=26b=2C=20c=23d=3F"),
    ("${jndi:ldap://x}", "=24=7Bjndi=3Aldap=3A=2F=2Fx=7D"),
    ("Zürich-支払い", "Z=C3=BCrich-=E6=94=AF=E6=89=95=E3=81=84"),
];

#[tokio::test]
async fn names_with_blanks_and_other_characters_are_kept() {
    for_each_open(|app: TestApp, method| async move {
        for (name, part) in NAMES {
            app.deployment().functions.stop_idle_instances();
            let request = app.request(method, app.customer(), name);
            let first = app.post(&route(method), &request).await;
            assert_eq!((first.status, first.outcome()), (201, "created"), "{}", first.text);
            assert_eq!(first.text_at("/name"), name);
            let again = app.post(&route(method), &request).await;
            assert_eq!((again.uid(), again.outcome()), (first.uid(), "unchanged"), "{name}");
            // `PUT` accepts the same name.
            let replaced = with(request, &json!({"description": "x"}));
            let path = format!("{}/{}", route(method), first.uid());
            let replaced = app.put(&path, &replaced).await;
            assert_eq!(replaced.outcome(), "updated", "{}", replaced.text);
            assert_eq!(app.palette_body(name)["metadata"]["annotations"]["description"], "x");
            let path = format!("/v1/tenant/accounts/{}", first.uid());
            assert_eq!(app.get(&path).await.text_at("/name"), name);
            let report = app.post(&format!("{path}/validate"), &Value::Null).await;
            assert_eq!(report.ready(), Some(true), "{}", report.text);
            assert!(app.logs().contains(&json!(name).to_string()), "{name} is not logged");
            if method == AuthMethod::StaticCredentials {
                let (partition, id) = (app.partition(), app.customer().account.id());
                assert_eq!(app.active_secrets(), [format!("gangway/{partition}/{id}/{part}")]);
            }
            app.delete(&path).await.assert_status(204);
            app.assert_untouched();
        }
    })
    .await;
}

#[tokio::test]
async fn name_with_an_at_sign_gets_a_secret_of_its_own() {
    for_each_open(|app: TestApp, method| async move {
        let uid = app.cloud().palette().records().tenants[0].projects[1].uid.clone();
        let request = app.request(method, app.customer(), "prod");
        let first = app.post(&project_route(&uid, method), &request).await;
        assert_eq!(first.status, 201, "{}", first.text);
        let name = format!("prod@{uid}");
        let other = app.post(&route(method), &app.request(method, app.customer(), &name)).await;
        assert_eq!((other.status, other.outcome()), (201, "created"), "{}", other.text);
        if method == AuthMethod::StaticCredentials {
            let id = app.customer().account.id();
            let prefix = format!("gangway/{}/{id}", app.partition());
            let mut secrets = app.active_secrets();
            secrets.sort();
            assert_eq!(secrets, [format!("{prefix}/prod=40{uid}"), format!("{prefix}/prod@{uid}")]);
        }
        // The deletion of one account keeps the secret of the other account.
        app.delete(&format!("/v1/tenant/accounts/{}", other.uid())).await.assert_status(204);
        let path = format!("/v1/projects/{uid}/accounts/{}/validate", first.uid());
        let report = app.post(&path, &Value::Null).await;
        assert_eq!(report.ready(), Some(true), "{}", report.text);
    })
    .await;
}

#[tokio::test]
async fn account_with_a_blank_in_its_name_is_found_and_updated() {
    for_each_open(|app: TestApp, method| async move {
        let spec = if method == AuthMethod::StaticCredentials {
            let keys = &app.customer().keys;
            json!({"credentialType": "secret", "accessKey": keys.id, "secretKey": keys.secret})
        } else {
            json!({"credentialType": "sts", "sts": {"arn": app.customer().role.arn()}})
        };
        let partition = app.partition().id();
        let spec = with(spec, &json!({"partition": partition, "policyARNs": []}));
        let uid = crate::listing::create_in_palette(&app, None, &spec, "Prod Account");
        let request = app.request(method, app.customer(), "Prod Account");
        let receipt = app.post(&route(method), &request).await;
        assert_eq!((receipt.uid(), receipt.outcome()), (&*uid, "updated"), "{}", receipt.text);
        assert_eq!(app.account_names(), ["Prod Account"]);
    })
    .await;
}
