//! EKS Pod Identity, in the cluster's own account and in another: broken, fixed, the rest put right by Gangway, registered.

use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, RolePurpose};
use local_cloud::world::{Case, Way};
use serde_json::{Value, json};

use crate::show::{Portal, Surprise, blocked, expect, told};

const ROUTE: &str = "/v1/accounts/pod-identity";

/// What is broken by hand, and stays broken until it is fixed by hand.
const fn injected_error(case: Case) -> [Way; 2] {
    match case {
        Case::SameAccount => {
            [Way::TrustWithoutTags(RolePurpose::Palette), Way::NotRestarted(HUBBLE_SERVICE_ACCOUNT)]
        }
        Case::CrossAccount => [Way::WildcardByTheLetter, Way::DocumentedPrincipal],
    }
}

/// One case in one partition.
pub(crate) async fn visit(portal: &Portal<'_>, case: Case) -> Result<(), Surprise> {
    let cluster = portal.realm.palette_cluster();
    let mut request = cluster.work_for(case).request(case);
    request["name"] = json!(format!("demo-{}-pod-identity", portal.realm.partition));
    let validate = format!("{ROUTE}/validate");

    for way in injected_error(case) {
        cluster.break_it(way);
    }
    let step = "validate, broken on purpose";
    let report = portal.call(step, 200, "POST", &validate, Some(&request)).await?;
    blocked(&report)?;

    cluster.mend();
    let report = portal.call("validate, mended", 200, "POST", &validate, Some(&request)).await?;
    expect(report.get("ready") == Some(&json!(true)), || {
        format!("still not ready:{}", told(&report))
    })?;

    // What does no harm, Gangway puts right itself where it is asked to.
    cluster.break_it(Way::NotAssociated(HUBBLE_SERVICE_ACCOUNT)).break_it(Way::NoConfig);
    request["ensureAssociations"] = json!(true);
    request["ensureConfigMap"] = json!(true);
    let receipt =
        portal.call("register, ensuring the rest", 201, "POST", ROUTE, Some(&request)).await?;
    expect(receipt.get("outcome") == Some(&json!("created")), || format!("no receipt: {receipt}"))?;
    let made = cluster
        .cluster
        .association((HUBBLE_SERVICE_ACCOUNT.namespace, HUBBLE_SERVICE_ACCOUNT.name));
    expect(made.is_some(), || "Hubble has no association".to_owned())?;
    let again = portal.call("register again", 200, "POST", ROUTE, Some(&request)).await?;
    expect(again.get("outcome") == Some(&json!("unchanged")), || format!("changed: {again}"))?;
    let uid = receipt.get("uid").and_then(Value::as_str).unwrap_or_default();
    portal.call("delete", 204, "DELETE", &format!("/v1/accounts/{uid}"), None).await?;
    Ok(())
}
