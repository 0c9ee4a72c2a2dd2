//! Demo of EKS Pod Identity with one account and with two accounts.

use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, RolePurpose};
use local_cloud::fixtures::{Breakage, PodIdentityCase};
use serde_json::{Value, json};

use crate::show::{
    Failure, PortalClient, expect, expect_blocked, expect_event, failed_checks_text,
};

const ROUTE: &str = "/v1/tenant/accounts/pod-identity";

/// The breakages of the demo, which must be fixed manually.
const fn breakages(case: PodIdentityCase) -> [Breakage; 2] {
    match case {
        PodIdentityCase::SameAccount => [
            Breakage::TrustWithoutTagSession(RolePurpose::Palette),
            Breakage::PodsNotRestarted(HUBBLE_SERVICE_ACCOUNT),
        ],
        PodIdentityCase::CrossAccount => {
            [Breakage::WildcardWithStringEquals, Breakage::DocumentedPrincipal]
        }
    }
}

/// Runs the demo for one case.
pub(crate) async fn run(portal: &PortalClient<'_>, case: PodIdentityCase) -> Result<(), Failure> {
    let cluster = portal.deployment.palette_cluster();
    let mut request = cluster.restore_for(case).request(case);
    request["name"] = json!(format!("demo-{}-pod-identity", portal.deployment.partition));
    let validate = format!("{ROUTE}/validate");

    for way in breakages(case) {
        cluster.break_with(way);
    }
    let step = "validate, broken on purpose";
    let report = portal.call(step, 200, "POST", &validate, Some(&request)).await?;
    expect_blocked(&report)?;

    cluster.restore();
    let report = portal.call("validate, fixed", 200, "POST", &validate, Some(&request)).await?;
    expect(report.get("ready") == Some(&json!(true)), || {
        format!("still not ready:{}", failed_checks_text(&report))
    })?;

    // Gangway fixes these itself if the request asks for it.
    cluster
        .break_with(Breakage::NoAssociation(HUBBLE_SERVICE_ACCOUNT))
        .break_with(Breakage::NoConfigMap);
    request["ensureAssociations"] = json!(true);
    request["ensureConfigMap"] = json!(true);
    let receipt =
        portal.call("register, ensuring the rest", 201, "POST", ROUTE, Some(&request)).await?;
    expect(receipt.get("outcome") == Some(&json!("created")), || format!("no receipt: {receipt}"))?;
    expect_event(portal.deployment, portal.label, "Gangway Account Registered")?;
    let association = cluster
        .cluster
        .association((HUBBLE_SERVICE_ACCOUNT.namespace, HUBBLE_SERVICE_ACCOUNT.name));
    expect(association.is_some(), || "Hubble has no association".to_owned())?;
    let again = portal.call("register again", 200, "POST", ROUTE, Some(&request)).await?;
    expect(again.get("outcome") == Some(&json!("unchanged")), || format!("changed: {again}"))?;
    let uid = receipt.get("uid").and_then(Value::as_str).unwrap_or_default();
    portal.call("delete", 204, "DELETE", &format!("/v1/tenant/accounts/{uid}"), None).await?;
    expect_event(portal.deployment, portal.label, "Gangway Account Removed")
}
