//! F73–F77, F80, F84, F89: the access portal, asked for keys.

use acceptance::{
    Stage,
    enclave::{access, account_member, portal},
    with,
};
use local_cloud::{
    certificates::Wish,
    portal::{Entitlement, Holder, OPERATION},
};
use serde_json::json;

use crate::way::{Way, play};

#[tokio::test]
async fn f84_keys_are_fetched_with_the_certificate_and_act_in_the_account() {
    play(&[Way::Portal], |stage: Stage, way: Way| async move {
        let (customer, kind) = (stage.customer(), portal(stage.realm()).kind());
        let report = way.validate(&stage, &way.request(&stage, customer, "prod")).await;
        assert_eq!(report.ready(), Some(true), "{:#}", report.body);
        report.assert_check("portal.trusted", "passed", portal(stage.realm()).url().as_str(), "");
        report.assert_check("portal.keys", "passed", "handed them out", "");
        report.assert_check("portal.key-lifetime", "passed", "minutes", "");
        report.assert_check("aws.identity-valid", "passed", "assumed-role/PROJECT_", "");
        report.assert_check("aws.partition", "passed", customer.account.id(), "");
        report.assert_check("aws.identity-is-role", "passed", &access(customer).role.arn(), "");
        let calls = stage.cloud().calls().of(kind.service(), OPERATION);
        let own: Vec<_> = calls.iter().filter(|call| !call.nested).collect();
        let [own] = own.as_slice() else { panic!("one call of Gangway's: {calls:?}") };
        assert_eq!(
            (own.status, own.principal.as_deref()),
            (Some(200), Some(&*access(customer).entity))
        );
    })
    .await;
}

/// The account, the agency and the role, each as the portal knows it, whatever characters it has.
#[tokio::test]
async fn f73_f74_f75_agency_account_and_role_go_to_the_portal_as_they_are() {
    play(&[Way::Portal], |stage: Stage, way: Way| async move {
        let (customer, member) = (stage.customer(), account_member(stage.partition()));
        let access = access(customer);
        let good = way.request(&stage, customer, "prod");
        let (agency, account_name, role) = ("R&D / Süd + 1?", "north=50% #7", "Ops.Role+x=1@y");
        portal(stage.realm()).entitle(Entitlement {
            name: access.entity.clone(),
            agency: agency.to_owned(),
            account_name: account_name.to_owned(),
            account: customer.account.clone(),
            role: role.to_owned(),
            holder: Holder::Role(access.role.clone()),
        });
        let odd =
            with(good.clone(), &json!({"agency": agency, member: account_name, "role": role}));
        way.registered(&stage, &odd).await;
        let spec = stage.in_palette("prod")["spec"]["secretSpec"].clone();
        assert_eq!([&spec["agency"], &spec[member], &spec["role"]], [agency, account_name, role]);
        // By its number as well.
        let number =
            with(good.clone(), &json!({"name": "by-number", member: customer.account.id()}));
        way.registered(&stage, &number).await;
        for (name, value) in [("agency", "Another"), (member, "another"), ("role", "Another")] {
            let report = way
                .blocked(&stage, &with(good.clone(), &json!({"name": "other", name: value})))
                .await;
            report.assert_check("portal.keys", "failed", "HTTP 400", "agency, account and role");
            let mut without = good.clone();
            without.as_object_mut().expect("members").remove(name);
            let refused = way.register(&stage, &without).await;
            refused.assert_status(400);
            assert_eq!(refused.pointers(), [format!("/{name}")]);
        }
        let other = if member == "mission" { "accountName" } else { "mission" };
        let refused = way.register(&stage, &with(good, &json!({other: "x"}))).await;
        refused.assert_status(400);
        assert_eq!(refused.pointers(), [format!("/{other}")]);
    })
    .await;
}

#[tokio::test]
async fn f76_the_prefix_is_project_unless_told_and_goes_into_the_field_of_its_name() {
    play(&[Way::Portal], |stage: Stage, way: Way| async move {
        let good = way.request(&stage, stage.customer(), "prod");
        let role = access(stage.customer()).role_name;
        for (told, effective) in
            [(None, "PROJECT_"), (Some(""), "PROJECT_"), (Some("TEAM_"), "TEAM_")]
        {
            let name =
                format!("prod-{}", told.map_or("none".to_owned(), |told| format!("x{told}")));
            let mut request = with(good.clone(), &json!({"name": name}));
            if let Some(told) = told {
                request = with(request, &json!({"rolePrefix": told}));
            }
            let receipt = way.registered(&stage, &request).await;
            receipt.assert_check("portal.role-name", "passed", &format!("{effective}{role}, "), "");
            let spec = stage.in_palette(&name)["spec"]["secretSpec"].clone();
            assert_eq!(spec["namePrefix"], effective, "T3: the name of the field rules");
            assert_eq!(spec.get("permissionBoundary"), None);
        }
        let long = "P".repeat(65 - role.len());
        let report = way
            .blocked(&stage, &with(good.clone(), &json!({"name": "long", "rolePrefix": long})))
            .await;
        report.assert_check("portal.role-name", "failed", "65 characters", "shorten");
        for wrong in ["a b", "a/b", "ä"] {
            let refused =
                way.register(&stage, &with(good.clone(), &json!({"rolePrefix": wrong}))).await;
            refused.assert_status(400);
            assert_eq!(refused.pointers(), ["/rolePrefix"]);
        }
    })
    .await;
}

#[tokio::test]
async fn f77_the_permission_boundary_is_a_policy_of_this_partition_and_goes_into_the_field_of_its_name()
 {
    play(&[Way::Portal], |stage: Stage, way: Way| async move {
        let customer = stage.customer();
        let good = way.request(&stage, customer, "prod");
        let bounded = |arn: &str| with(good.clone(), &json!({"permissionBoundaryArn": arn}));
        let allow = json!({"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        let arn = customer.account.policy("Ceiling", &allow);
        let receipt = way.registered(&stage, &bounded(&arn)).await;
        receipt.assert_check("iam.permission-boundary-exists", "passed", "", "");
        let spec = stage.in_palette("prod")["spec"]["secretSpec"].clone();
        assert_eq!(
            (&spec["permissionBoundary"], &spec["namePrefix"]),
            (&json!(arn), &json!("PROJECT_"))
        );
        let missing = arn.replace("Ceiling", "Missing");
        let report = way.validate(&stage, &bounded(&missing)).await;
        report.assert_check("iam.permission-boundary-exists", "failed", "", "");
        assert_eq!(report.ready(), Some(false));
        for wrong in
            [arn.replace(stage.partition().id(), "aws"), customer.role.arn(), "Ceiling".to_owned()]
        {
            let refused = way.register(&stage, &bounded(&wrong)).await;
            assert!([400, 422].contains(&refused.status), "{}", refused.text);
            assert_eq!(refused.pointers(), ["/permissionBoundaryArn"], "{wrong}");
        }
    })
    .await;
}

#[tokio::test]
async fn f89_an_entity_that_the_portal_does_not_know_or_does_not_let_is_told_apart() {
    play(&[Way::Portal], |stage: Stage, way: Way| async move {
        let good = way.request(&stage, stage.customer(), "prod");
        let (portal, access) = (portal(stage.realm()), access(stage.customer()));
        let shown = |issued: &local_cloud::certificates::Issued| {
            with(
                good.clone(),
                &json!({"userCertificate": issued.certificate, "userKey": issued.key}),
            )
        };
        // Known, and not entitled.
        let somebody = portal.issue(&Wish::client("somebody.else.npe"));
        let report = way.blocked(&stage, &shown(&somebody)).await;
        report.assert_check("portal.keys", "failed", "HTTP 403", "identity team");
        assert!(report.check("portal.keys")["covers"].to_string().contains("X06"));
        // Signed by its authority, and not provisioned: a page, with status 200 (T31).
        let stranger = portal.chain().issue(&Wish::client(&access.entity));
        let report = way.blocked(&stage, &shown(&stranger)).await;
        report.assert_check("portal.keys", "failed", "page (HTTP 200)", "identity team");
        // Withdrawn.
        portal.revoke(&access.identity);
        let report = way.blocked(&stage, &good).await;
        report.assert_check("portal.keys", "failed", "do not know the client", "identity team");
        report.assert_check("portal.trusted", "passed", "", "");
        stage.assert_untouched();
    })
    .await;
}
