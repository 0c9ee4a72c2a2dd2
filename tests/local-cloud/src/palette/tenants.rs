//! Serves the user, projects, private cloud gateways and resource limits of a tenant.

use serde_json::{Value, json};

use super::{
    caller::Caller,
    paging::ListQuery,
    records::{Gateway, Project, Records, Tenant},
    response::{PaletteError, PaletteResponse},
};

/// Returns the caller's user, tenant and organisation.
pub(super) fn get_user_info(records: &Records, caller: &Caller) -> PaletteResponse {
    let organisation = records.tenant(&caller.tenant).map_or("", |tenant| &tenant.organisation);
    let info = json!({"orgName": organisation, "tenantUid": caller.tenant, "userUid": caller.user});
    PaletteResponse::ok("userInfo", info)
}

/// Lists the projects of the caller's tenant, or only the one with the name in the query.
pub(super) fn list_projects(
    records: &Records,
    caller: &Caller,
    query: &ListQuery,
) -> PaletteResponse {
    let tenant = records.tenant(&caller.tenant);
    let projects = tenant.map(|tenant| tenant.projects.as_slice()).unwrap_or_default();
    let is_wanted =
        |project: &&Project| query.name.as_ref().is_none_or(|name| *name == project.name);
    let project_json =
        |project: &Project| json!({"metadata": {"name": project.name, "uid": project.uid}});
    let items: Vec<Value> = projects.iter().filter(is_wanted).map(project_json).collect();
    PaletteResponse::ok("projects", json!({"items": items}))
}

/// Returns the resource limits of the tenant with this uid, which must be the caller's tenant.
pub(super) fn get_resource_limits(
    records: &Records,
    caller: &Caller,
    uid: &str,
) -> Result<PaletteResponse, PaletteError> {
    let Some(Tenant { quota, .. }) =
        records.tenant(uid).filter(|tenant| tenant.uid == caller.tenant)
    else {
        return Err(PaletteError::not_found("tenant", uid));
    };
    let accounts = json!({
        "kind": "cloudaccount", "label": "Cloud Accounts", "limit": quota, "maxLimit": 10_000,
    });
    let keys = json!({"kind": "apiKey", "label": "API Keys", "limit": 20, "maxLimit": 20});
    Ok(PaletteResponse::ok("resourceLimits", json!({"resources": [keys, accounts]})))
}

/// Lists the private cloud gateways of the caller's tenant, or only the one with the name in the
/// query.
pub(super) fn list_gateways(
    records: &Records,
    caller: &Caller,
    query: &ListQuery,
) -> PaletteResponse {
    let is_wanted =
        |gateway: &&Gateway| query.name.as_ref().is_none_or(|name| *name == gateway.name);
    let items: Vec<Value> =
        find_gateways(records, caller).iter().filter(is_wanted).map(gateway_to_json).collect();
    PaletteResponse::ok("overlords", json!({"items": items}))
}

/// Returns the private cloud gateway with this uid in the caller's tenant.
pub(super) fn get_gateway(
    records: &Records,
    caller: &Caller,
    uid: &str,
) -> Result<PaletteResponse, PaletteError> {
    let gateway = find_gateways(records, caller).iter().find(|gateway| gateway.uid == uid);
    let gateway = gateway.ok_or_else(|| PaletteError::not_found("overlord", uid))?;
    Ok(PaletteResponse::ok("overlord", gateway_to_json(gateway)))
}

/// Returns the private cloud gateways of the caller's tenant.
fn find_gateways<'a>(records: &'a Records, caller: &Caller) -> &'a [Gateway] {
    records.tenant(&caller.tenant).map(|tenant| tenant.gateways.as_slice()).unwrap_or_default()
}

fn gateway_to_json(gateway: &Gateway) -> Value {
    let Gateway { uid, name, state, healthy, system } = gateway;
    let health = if *healthy { "Healthy" } else { "UnHealthy" };
    json!({
        "kind": "Overlord",
        "metadata": {"name": name, "uid": uid},
        "spec": {
            "isSystem": system, "isSelfHosted": !system,
            "cloudAccountUid": "", "spectroClusterUid": "",
        },
        "status": {
            "state": state, "isActive": healthy, "isReady": healthy, "health": {"state": health},
        },
    })
}
