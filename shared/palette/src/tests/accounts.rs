//! Tests of requests and responses about accounts, and of the scopes of accounts.

use gangway_model::{
    Credential, Difference, PaletteCluster, Partition, PermissionProfile, PodIdentityRole,
    RegistrationError, RequestedScope, Scope, StoredCredential, stores::CloudAccountStore as _,
};
use serde_json::{Value, json};

use super::palette::{
    FakePalette, PROJECT, RecordedRequest, SECRET, UID, access_key, fake_response, registration,
    role,
};

/// Returns an account as Palette returns it.
fn account_json(uid: &str, name: &str, scope: &str) -> Value {
    json!({
        "metadata": { "uid": uid, "name": name, "annotations": { "scope": scope }, "labels": null },
        "spec": { "credentialType": "secret", "partition": "aws", "accessKey": "AKIAIOSFODNN7EXAMPLE", "secretKey": SECRET },
        "status": { "state": "Ready", "unknown": 1 },
    })
}

/// Returns a page of the list of accounts. `next` is the token of the next page.
fn accounts_page(items: &[Value], next: &str) -> Value {
    json!({ "items": items, "listmeta": { "continue": next, "count": 3 } })
}

#[tokio::test]
async fn account_is_found_by_exact_name_on_any_page() {
    let fake = FakePalette::start(|request: &RecordedRequest, _| {
        let page = match request.query.split("continue=").nth(1) {
            None => accounts_page(
                &[account_json("a1", "prod-2", "tenant"), account_json("a2", "Prod", "tenant")],
                "t/1==",
            ),
            Some("t%2F1%3D%3D") => accounts_page(&[account_json("a3", "prod", "project")], "t2"),
            Some(_) => accounts_page(&[account_json("a4", "prod", "tenant")], ""),
        };
        fake_response(200, page)
    })
    .await;
    let found = fake.tenant().find_by_name(&"prod".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(found.uid.as_str(), "a4");
    let queries: Vec<_> = fake.requests().into_iter().map(|request| request.query).collect();
    assert_eq!(queries[0], "limit=50&filters=metadata.name%3Dprod");
    assert_eq!(queries.len(), 3);
    assert!(fake.tenant().find_by_name(&"absent".parse().unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn list_contains_the_other_accounts_if_one_cannot_be_parsed() {
    let odd = |path: &str, value: Value| {
        let mut odd = account_json("a1", "odd", "tenant");
        *odd.pointer_mut(path).unwrap() = value;
        odd
    };
    for (odd, read) in [
        (odd("/metadata/annotations", json!([])), Some("odd")),
        (odd("/metadata/labels", json!("")), Some("odd")),
        (odd("/metadata/name", json!(7)), Some("7")),
        (odd("/metadata/uid", json!(7)), Some("odd")),
        (odd("/metadata/uid", json!([7])), None),
        (odd("/spec/accessKey", json!({"a": 1})), Some("odd")),
        (odd("/spec", json!("none")), Some("odd")),
        (odd("/status", json!("ok")), Some("odd")),
        (Value::Null, None),
        (json!("account"), None),
    ] {
        let fake = FakePalette::returning(
            200,
            accounts_page(&[odd.clone(), account_json("a2", "prod", "tenant")], ""),
        )
        .await;
        let found = fake.tenant().find_by_name(&"prod".parse().unwrap()).await.unwrap();
        assert_eq!(found.unwrap().uid.as_str(), "a2", "{odd}");
        let names = fake.tenant().list_all(|account| Some(account.name)).await.unwrap();
        assert_eq!(names, read.into_iter().chain(["prod"]).collect::<Vec<_>>(), "{odd}");
    }
}

/// Gangway must still show, replace and delete an account that has members of unexpected types.
#[tokio::test]
async fn account_with_members_of_unexpected_types_is_read() {
    let key = || StoredCredential::AccessKey { access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned() };
    let unreadable = || StoredCredential::Unrecognized("unreadable".to_owned());
    for (path, value, access) in [
        ("/metadata/annotations", json!([]), key()),
        ("/metadata/annotations", json!({ "scope": "tenant", "odd": 1e300, "none": null }), key()),
        ("/metadata/labels", json!("none"), key()),
        ("/metadata/name", json!(null), key()),
        ("/metadata/name", json!({ "en": "odd" }), key()),
        ("/metadata/uid", json!(123_456), key()),
        ("/status", json!([]), key()),
        ("/status", json!({ "state": { "code": 7 } }), key()),
        ("/spec/secretSpec", json!({ "isCapValidationEnabled": "false" }), key()),
        ("/spec/secretSpec", json!(null), key()),
        ("/spec/sts", json!("none"), unreadable()),
        ("/spec/secretSpec", json!({ "isCapValidationEnabled": "perhaps" }), unreadable()),
        ("/spec/accessKey", json!({ "masked": true }), unreadable()),
        ("/spec/credentialType", json!(["secret"]), unreadable()),
        ("/spec/policyARNs", json!(["arn:aws:iam::aws:policy/P", null, {}]), key()),
        ("/spec/partition", json!(null), key()),
        ("/spec", json!("none"), unreadable()),
    ] {
        let mut odd = account_json(UID, "odd", "tenant");
        odd["spec"] = json!({
            "credentialType": "secret", "partition": "aws", "accessKey": "AKIAIOSFODNN7EXAMPLE",
            "sts": null, "secretSpec": null, "policyARNs": null,
        });
        odd["metadata"]["labels"] = json!({});
        *odd.pointer_mut(path).unwrap() = value;
        let fake = FakePalette::returning(200, odd.clone()).await;
        let known = fake.tenant().get(&UID.parse().unwrap()).await.unwrap();
        assert_eq!((known.partition.as_str(), known.access), ("aws", access), "{odd}");
    }
}

#[tokio::test]
async fn accounts_of_the_tenant_are_not_found_in_a_project() {
    let rows = [
        account_json("a1", "prod", "tenant"),
        account_json("a2", "shared", "tenant"),
        account_json("a3", "prod", "project"),
    ];
    let fake = FakePalette::returning(200, accounts_page(&rows, "")).await;
    let project = fake.project();
    let found = project.find_by_name(&"prod".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((found.uid.as_str(), &found.scope), ("a3", project.scope()));
    assert!(project.find_by_name(&"shared".parse().unwrap()).await.unwrap().is_none());
    let page = project.list_page(200, Some("t")).await.unwrap();
    assert_eq!(page.accounts.len(), 1);
    assert_eq!(&page.accounts[0].scope, project.scope());
    assert_eq!(fake.requests().last().unwrap().query, "limit=50&continue=t");
    assert!(fake.requests().iter().all(|request| request.project.as_deref() == Some(PROJECT)));
    fake.tenant().list_page(0, None).await.unwrap();
    let last = fake.requests().pop().unwrap();
    assert_eq!((last.query.as_str(), last.project), ("limit=1", None));
    assert_eq!(last.call, "GET /palette/v1/cloudaccounts/aws");
}

/// The sweep must also see accounts of projects that are not visible to the API key, so that the
/// sweep does not register the AWS accounts again. Callers must not see these accounts.
#[tokio::test]
async fn list_all_in_the_tenant_returns_accounts_of_projects_too() {
    let rows = [account_json("a1", "prod", "tenant"), account_json("a2", "hidden", "project")];
    let fake = FakePalette::returning(200, accounts_page(&rows, "")).await;
    let all = fake.tenant().list_all(|account| Some(account.name)).await.unwrap();
    assert_eq!(all, ["prod", "hidden"]);
    let page = fake.tenant().list_page(50, None).await.unwrap();
    let names: Vec<_> = page.accounts.iter().map(|account| account.name.as_str()).collect();
    assert_eq!(names, ["prod"]);
}

#[tokio::test]
async fn list_without_a_last_page_is_an_error() {
    let fake = FakePalette::returning(200, accounts_page(&[], "next")).await;
    assert!(fake.tenant().list_all(Some).await.is_err());
}

/// Checks the annotations with the initiator and the time of the change, and returns the request
/// body without them.
fn without_initiator(mut body: Value) -> Value {
    let annotations = body["metadata"]["annotations"].as_object_mut().unwrap();
    assert_eq!(annotations.remove("gangwayChangedBy"), Some(json!("direct invocation")));
    let changed_at = annotations.remove("gangwayChangedAt").unwrap();
    assert!(gangway_model::time::parse_rfc3339(changed_at.as_str().unwrap()).is_some());
    body
}

/// Acceptance rows: F10, F05.
#[tokio::test]
async fn create_request_has_the_fields_of_palettes_api() {
    let fake = FakePalette::returning(201, json!({ "uid": UID })).await;
    let mut registration = registration(access_key());
    registration.description = Some("The account of production".parse().unwrap());
    fake.tenant().create(&registration).await.unwrap();
    let annotations = json!({
        "scope": "tenant", "overlordUid": "", "description": "The account of production",
        "gangwayAwsAccountId": "123456789012", "gangwayPermissionProfile": "core-eks",
    });
    assert_eq!(
        without_initiator(fake.requests()[0].body.clone()),
        json!({
            "metadata": { "name": "prod", "annotations": annotations },
            "spec": {
                "credentialType": "secret", "partition": "aws", "accessKey": "AKIAIOSFODNN7EXAMPLE",
                "secretKey": SECRET, "policyARNs": [],
            },
        })
    );
}

/// Acceptance rows: F13.
#[tokio::test]
async fn access_key_in_classified_partition_disables_cap_validation() {
    let fake = FakePalette::returning(201, json!({ "uid": UID })).await;
    let mut registration = registration(access_key());
    for (partition, wanted) in [
        (Partition::AwsUsGov, Value::Null),
        (Partition::AwsIsoB, json!({ "isCapValidationEnabled": false })),
        (Partition::AwsIso, json!({ "isCapValidationEnabled": false })),
    ] {
        registration.partition = partition;
        fake.tenant().create(&registration).await.unwrap();
        let spec = fake.requests().pop().unwrap().body["spec"].clone();
        assert_eq!((&spec["partition"], &spec["secretSpec"]), (&json!(partition.id()), &wanted));
    }
}

/// Acceptance rows: F11.
#[tokio::test]
async fn update_keeps_labels_and_annotations_of_other_tools() {
    let mut row = account_json(UID, "prod", "project");
    row["metadata"]["annotations"]["geo"] = json!("51.1,4.2");
    row["metadata"]["annotations"]["number"] = json!(7);
    row["metadata"]["labels"] = json!({ "team": "payments" });
    row["metadata"]["annotations"]["nothing"] = Value::Null;
    row["metadata"]["annotations"]["description"] = json!("no longer wanted");
    let fake = FakePalette::start(move |request: &RecordedRequest, _| match &request.call {
        call if call.starts_with("GET") => fake_response(200, &row),
        _ => fake_response(204, ""),
    })
    .await;
    let known = fake.project().get(&UID.parse().unwrap()).await.unwrap();
    assert_eq!(known.description.as_deref(), Some("no longer wanted"));
    let mut wanted = registration(role());
    wanted.scope = fake.project().scope().clone();
    wanted.policies = vec!["arn:aws:iam::123456789012:policy/P".parse().unwrap()];
    wanted.gateway = Some("7b".parse().unwrap());
    fake.project().update(&known, &wanted).await.unwrap();
    let put = fake.requests().pop().unwrap();
    assert_eq!(put.call, format!("PUT /palette/v1/cloudaccounts/aws/{UID}"));
    let annotations = json!({
        "scope": "project", "overlordUid": "7b", "geo": "51.1,4.2", "number": "7",
        "gangwayAwsAccountId": "123456789012", "gangwayPermissionProfile": "core-eks",
    });
    let sts = json!({
        "arn": "arn:aws:iam::123456789012:role/SpectroCloudRole", "externalId": "external-id-of-the-tenant",
    });
    let policies = ["arn:aws:iam::123456789012:policy/P"];
    assert_eq!(
        without_initiator(put.body),
        json!({
            "metadata": { "name": "prod", "uid": UID, "annotations": annotations, "labels": { "team": "payments" } },
            "spec": { "credentialType": "sts", "partition": "aws", "sts": sts, "policyARNs": policies },
        })
    );
}

#[tokio::test]
async fn account_that_was_just_created_has_no_difference() {
    let fake = FakePalette::returning(201, json!({ "uid": UID })).await;
    for credential in [access_key(), role()] {
        let wanted = registration(credential);
        fake.tenant().create(&wanted).await.unwrap();
        let mut stored = fake.requests().pop().unwrap().body;
        stored["metadata"]["uid"] = json!(UID);
        stored["spec"]["secretKey"] = Value::Null;
        let fake_with_account = FakePalette::returning(200, stored).await;
        let known = fake_with_account.tenant().get(&UID.parse().unwrap()).await.unwrap();
        assert!(
            wanted.is_same_identity_as(&known)
                && wanted.difference_from(&known) == Difference::None,
            "{known:?}"
        );
    }
}

#[tokio::test]
async fn parsed_account_has_its_credential_type_and_no_secret() {
    let arn = "arn:aws:iam::123456789012:role/R";
    for (spec, access) in [
        (json!(null), StoredCredential::AccessKey { access_key_id: String::new() }),
        (
            json!({ "accessKey": "AKIA****" }),
            StoredCredential::AccessKey { access_key_id: String::new() },
        ),
        (
            json!({ "credentialType": "secret", "accessKey": "AKIAIOSFODNN7EXAMPLE", "secretKey": SECRET, "policyARNs": null }),
            StoredCredential::AccessKey { access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned() },
        ),
        (
            json!({ "credentialType": "sts", "sts": { "arn": arn, "externalId": SECRET }, "podIdentity": null }),
            StoredCredential::StsRole { role_arn: arn.to_owned() },
        ),
        (
            json!({ "credentialType": "pod-identity", "podIdentity": { "roleArn": arn } }),
            StoredCredential::PodIdentity {
                role_arn: arn.to_owned(),
                permission_boundary_arn: String::new(),
            },
        ),
        (
            json!({ "credentialType": "secret", "partition": "aws", "secretSpec": {
                "isCapValidationEnabled": true, "agency": "A", "mission": "M", "role": "R", "namePrefix": "P_",
                "permissionBoundary": "B", "tls": { "ca": "C", "key": SECRET }
            } }),
            StoredCredential::AccessPortal {
                agency: "A".to_owned(),
                account: "M".to_owned(),
                role: "R".to_owned(),
                prefix: "P_".to_owned(),
                permission_boundary_arn: "B".to_owned(),
            },
        ),
        (
            json!({ "credentialType": "new-way" }),
            StoredCredential::Unrecognized("new-way".to_owned()),
        ),
    ] {
        let body = json!({ "metadata": { "uid": UID, "annotations": null }, "spec": spec, "status": null });
        let fake = FakePalette::returning(200, &body).await;
        let known = fake.tenant().get(&UID.parse().unwrap()).await.unwrap();
        assert_eq!(known.access, access, "{body}");
        assert_eq!(known.partition, "aws");
        assert!(!format!("{known:?}").contains(SECRET), "{known:?}");
    }
}

#[tokio::test]
async fn annotations_of_gangway_are_parsed() {
    let mut row = account_json(UID, "prod", "tenant");
    row["metadata"]["annotations"]["gangwayAwsAccountId"] = json!("123456789012");
    row["metadata"]["annotations"]["gangwayPermissionProfile"] = json!("core");
    row["metadata"]["annotations"]["overlordUid"] = json!("");
    let fake = FakePalette::returning(200, row).await;
    let known = fake.tenant().get(&UID.parse().unwrap()).await.unwrap();
    assert_eq!(known.account, Some("123456789012".parse().unwrap()));
    assert_eq!(known.profile, Some(PermissionProfile::Core));
    assert_eq!((known.gateway, known.state.as_deref()), (None, Some("Ready")));
}

#[tokio::test]
async fn pod_identity_account_stores_cluster_and_roles_as_annotations() {
    let role_arn = |name: &str| format!("arn:aws:iam::123456789012:role/{name}").parse().unwrap();
    let palette_cluster = PaletteCluster {
        cluster: "arn:aws:eks:us-east-1:123456789012:cluster/palette".parse().unwrap(),
        hubble_role: role_arn("Hubble"),
        identity_role: role_arn("Identity"),
        hubble_target_role: None,
    };
    let pod_identity = registration(Credential::PodIdentity(PodIdentityRole {
        role: role_arn("Palette"),
        permission_boundary: None,
        palette_cluster: Some(palette_cluster.clone()),
    }));
    let fake = FakePalette::returning(201, json!({ "uid": UID })).await;
    fake.tenant().create(&pod_identity).await.unwrap();
    let mut written = fake.requests().pop().unwrap().body;
    assert_eq!(
        written["metadata"]["annotations"]["gangwayEksClusterArn"],
        "arn:aws:eks:us-east-1:123456789012:cluster/palette"
    );
    written["metadata"]["uid"] = json!(UID);
    let fake = FakePalette::returning(200, written).await;
    let known = fake.tenant().get(&UID.parse().unwrap()).await.unwrap();
    assert_eq!(known.palette_cluster, Some(palette_cluster));
    assert_eq!(pod_identity.difference_from(&known), Difference::None);
    fake.tenant().update(&known, &registration(role())).await.unwrap();
    let annotations = fake.requests().pop().unwrap().body["metadata"]["annotations"].to_string();
    assert!(!annotations.contains("Cluster") && !annotations.contains("Hubble"), "{annotations}");
}

#[tokio::test]
async fn project_is_found_by_its_exact_name() {
    let item = |name, uid| json!({ "metadata": { "name": name, "uid": uid } });
    let items = json!({ "items": [item("Default-2", "b1"), item("Default", PROJECT)] });
    let fake = FakePalette::returning(200, items).await;
    let requested = |text: &str| RequestedScope::Project(text.parse().unwrap());
    let scoped = fake.palette.resolve_scope(&requested("Default")).await.unwrap();
    assert_eq!(scoped.scope(), &Scope::Project(PROJECT.parse().unwrap()));
    let request = fake.requests().pop().unwrap();
    assert_eq!(request.call, "GET /palette/v1/dashboard/projects/metadata");
    assert_eq!((request.query.as_str(), request.project), ("name=Default", None));
    let Err(RegistrationError::Invalid(violations)) =
        fake.palette.resolve_scope(&requested("Def")).await
    else {
        panic!("no such project")
    };
    assert_eq!(violations[0].pointer, "/scope/project");
    let before = fake.calls().len();
    fake.palette.resolve_scope(&requested(PROJECT)).await.unwrap();
    fake.palette.resolve_scope(&RequestedScope::Tenant).await.unwrap();
    assert_eq!(fake.calls().len(), before, "neither scope needs a request");
}
