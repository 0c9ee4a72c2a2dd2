//! Gangway's requests to the access portal.

use acceptance::{
    TestApp,
    classified::{CLASSIFIED_PARTITIONS, account_member, portal, portal_access},
    methods::for_each,
    with,
};
use local_cloud::{
    access_portal::{CredentialSource, Entitlement, OPERATION},
    certificates::CertificateSpec,
};
use serde_json::json;

use gangway_model::AuthMethod;

/// Acceptance rows: F84.
#[tokio::test]
async fn keys_are_fetched_with_the_certificate_and_work() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::Scap],
        |app: TestApp, method: AuthMethod| async move {
            let (customer, kind) = (app.customer(), portal(app.deployment()).kind());
            let report = app.validate(method, &app.request(method, customer, "prod")).await;
            assert_eq!(report.ready(), Some(true), "{:#}", report.body);
            report.assert_check(
                "portal.trusted",
                "passed",
                portal(app.deployment()).url().as_str(),
                "",
            );
            report.assert_check("portal.keys", "passed", "issued them", "");
            report.assert_check("portal.key-lifetime", "passed", "minutes", "");
            report.assert_check("aws.identity-valid", "passed", "assumed-role/PROJECT_", "");
            report.assert_check("aws.partition", "passed", customer.account.id(), "");
            report.assert_check(
                "aws.identity-is-role",
                "passed",
                &portal_access(customer).role.arn(),
                "",
            );
            let calls = app.cloud().calls().for_operation(kind.service(), OPERATION);
            let own: Vec<_> = calls.iter().filter(|call| !call.nested).collect();
            let [own] = own.as_slice() else { panic!("one call of Gangway's: {calls:?}") };
            assert_eq!(
                (own.status, own.principal.as_deref()),
                (Some(200), Some(&*portal_access(customer).common_name))
            );
        },
    )
    .await;
}

/// The names contain every kind of character that the access portal allows.
/// Acceptance rows: F73, F74, F75.
#[tokio::test]
async fn agency_account_and_role_are_sent_to_the_portal_unchanged() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::Scap],
        |app: TestApp, method: AuthMethod| async move {
            let (customer, member) = (app.customer(), account_member(app.partition()));
            let access = portal_access(customer);
            let good = app.request(method, customer, "prod");
            let (agency, account_name, role) = ("R&D / Süd + 1?", "north=50% #7", "Ops.Role+x=1@y");
            portal(app.deployment()).add_entitlement(Entitlement {
                common_name: access.common_name.clone(),
                agency: agency.to_owned(),
                account_name: account_name.to_owned(),
                account: customer.account.clone(),
                role: role.to_owned(),
                credentials: CredentialSource::Role(access.role.clone()),
            });
            let odd =
                with(good.clone(), &json!({"agency": agency, member: account_name, "role": role}));
            app.assert_registered(method, &odd).await;
            let spec = app.palette_body("prod")["spec"]["secretSpec"].clone();
            assert_eq!(
                [&spec["agency"], &spec[member], &spec["role"]],
                [agency, account_name, role]
            );
            // The account can also be given by its id.
            let number =
                with(good.clone(), &json!({"name": "by-number", member: customer.account.id()}));
            app.assert_registered(method, &number).await;
            for (name, value) in [("agency", "Another"), (member, "another"), ("role", "Another")] {
                let report = app
                    .assert_blocked(
                        method,
                        &with(good.clone(), &json!({"name": "other", name: value})),
                    )
                    .await;
                report.assert_check(
                    "portal.keys",
                    "failed",
                    "HTTP 400",
                    "agency, account and role",
                );
                let mut without = good.clone();
                without.as_object_mut().expect("members").remove(name);
                let refused = app.register(method, &without).await;
                refused.assert_status(400);
                assert_eq!(refused.pointers(), [format!("/{name}")]);
            }
            let other = if member == "mission" { "accountName" } else { "mission" };
            let refused = app.register(method, &with(good, &json!({other: "x"}))).await;
            refused.assert_status(400);
            assert_eq!(refused.pointers(), [format!("/{other}")]);
        },
    )
    .await;
}

/// Acceptance rows: F76.
#[tokio::test]
async fn role_prefix_defaults_to_project() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::Scap],
        |app: TestApp, method: AuthMethod| async move {
            let good = app.request(method, app.customer(), "prod");
            let role = portal_access(app.customer()).role_name;
            for (expected, effective) in
                [(None, "PROJECT_"), (Some(""), "PROJECT_"), (Some("TEAM_"), "TEAM_")]
            {
                let name = format!(
                    "prod-{}",
                    expected.map_or("none".to_owned(), |expected| format!("x{expected}"))
                );
                let mut request = with(good.clone(), &json!({"name": name}));
                if let Some(expected) = expected {
                    request = with(request, &json!({"rolePrefix": expected}));
                }
                let receipt = app.assert_registered(method, &request).await;
                receipt.assert_check(
                    "portal.role-name",
                    "passed",
                    &format!("{effective}{role}, "),
                    "",
                );
                let spec = app.palette_body(&name)["spec"]["secretSpec"].clone();
                assert_eq!(spec["namePrefix"], effective, "the prefix");
                assert_eq!(spec.get("permissionBoundary"), None);
            }
            let long = "P".repeat(65 - role.len());
            let report = app
                .assert_blocked(
                    method,
                    &with(good.clone(), &json!({"name": "long", "rolePrefix": long})),
                )
                .await;
            report.assert_check("portal.role-name", "failed", "65 characters", "shorten");
            for wrong in ["a b", "a/b", "ä"] {
                let refused =
                    app.register(method, &with(good.clone(), &json!({"rolePrefix": wrong}))).await;
                refused.assert_status(400);
                assert_eq!(refused.pointers(), ["/rolePrefix"]);
            }
        },
    )
    .await;
}

/// Acceptance rows: F77.
#[tokio::test]
async fn permissions_boundary_must_be_a_policy_of_the_partition() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::Scap],
        |app: TestApp, method: AuthMethod| async move {
            let customer = app.customer();
            let good = app.request(method, customer, "prod");
            let bounded = |arn: &str| with(good.clone(), &json!({"permissionBoundaryArn": arn}));
            let allow = json!({"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
            let arn = customer.account.policy("Ceiling", &allow);
            let receipt = app.assert_registered(method, &bounded(&arn)).await;
            receipt.assert_check("iam.permission-boundary-exists", "passed", "", "");
            let spec = app.palette_body("prod")["spec"]["secretSpec"].clone();
            assert_eq!(
                (&spec["permissionBoundary"], &spec["namePrefix"]),
                (&json!(arn), &json!("PROJECT_"))
            );
            let missing = arn.replace("Ceiling", "Missing");
            let report = app.validate(method, &bounded(&missing)).await;
            report.assert_check("iam.permission-boundary-exists", "failed", "", "");
            assert_eq!(report.ready(), Some(false));
            for wrong in [
                arn.replace(app.partition().id(), "aws"),
                customer.role.arn(),
                "Ceiling".to_owned(),
            ] {
                let refused = app.register(method, &bounded(&wrong)).await;
                assert!([400, 422].contains(&refused.status), "{}", refused.text);
                assert_eq!(refused.pointers(), ["/permissionBoundaryArn"], "{wrong}");
            }
        },
    )
    .await;
}

/// Acceptance rows: F89.
#[tokio::test]
async fn unknown_and_unentitled_entities_are_distinguished() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::Scap],
        |app: TestApp, method: AuthMethod| async move {
            let good = app.request(method, app.customer(), "prod");
            let (portal, access) = (portal(app.deployment()), portal_access(app.customer()));
            let shown = |issued: &local_cloud::certificates::IssuedCertificate| {
                with(
                    good.clone(),
                    &json!({"userCertificate": issued.certificate, "userKey": issued.key}),
                )
            };
            // The entity is known but not entitled.
            let somebody = portal.issue(&CertificateSpec::client("somebody.else.npe"));
            let report = app.assert_blocked(method, &shown(&somebody)).await;
            report.assert_check("portal.keys", "failed", "HTTP 403", "identity team");
            assert!(report.check("portal.keys")["covers"].to_string().contains("X06"));
            // Signed by the right CA but not provisioned: an HTML page with status 200.
            let unprovisioned = portal.chain().issue(&CertificateSpec::client(&access.common_name));
            let report = app.assert_blocked(method, &shown(&unprovisioned)).await;
            report.assert_check("portal.keys", "failed", "page (HTTP 200)", "identity team");
            // The certificate is revoked.
            portal.revoke(&access.certificate);
            let report = app.assert_blocked(method, &good).await;
            report.assert_check(
                "portal.keys",
                "failed",
                "client that they do not know",
                "identity team",
            );
            report.assert_check("portal.trusted", "passed", "", "");
            app.assert_untouched();
        },
    )
    .await;
}
