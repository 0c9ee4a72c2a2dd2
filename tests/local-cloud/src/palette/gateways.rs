//! What a tenant has besides accounts: users, projects, private cloud gateways, limits.

use serde_json::{Value, json};

use super::{
    answer::{Answer, Problem},
    callers::Caller,
    paging::Query,
    records::{Gateway, Named, Records, Tenant},
};

pub(super) fn user_info(records: &Records, caller: &Caller) -> Answer {
    let organisation = records.tenant(&caller.tenant).map_or("", |tenant| &tenant.organisation);
    let info = json!({"orgName": organisation, "tenantUid": caller.tenant, "userUid": caller.user});
    Answer::ok("userInfo", info)
}

pub(super) fn projects(records: &Records, caller: &Caller, query: &Query) -> Answer {
    let tenant = records.tenant(&caller.tenant);
    let projects = tenant.map(|tenant| tenant.projects.as_slice()).unwrap_or_default();
    let wanted = |project: &&Named| query.name.as_ref().is_none_or(|name| *name == project.name);
    let shown = |project: &Named| json!({"metadata": {"name": project.name, "uid": project.uid}});
    let items: Vec<Value> = projects.iter().filter(wanted).map(shown).collect();
    Answer::ok("projects", json!({"items": items}))
}

pub(super) fn limits(records: &Records, caller: &Caller, uid: &str) -> Result<Answer, Problem> {
    let Some(Tenant { quota, .. }) =
        records.tenant(uid).filter(|tenant| tenant.uid == caller.tenant)
    else {
        return Err(Problem::not_found("tenant", uid));
    };
    let accounts = json!({"kind": "cloudaccount", "label": "Cloud Accounts", "limit": quota, "maxLimit": 10_000});
    let keys = json!({"kind": "apiKey", "label": "API Keys", "limit": 20, "maxLimit": 20});
    Ok(Answer::ok("resourceLimits", json!({"resources": [keys, accounts]})))
}

pub(super) fn overlords(records: &Records, caller: &Caller, query: &Query) -> Answer {
    let wanted = |gateway: &&Gateway| query.name.as_ref().is_none_or(|name| *name == gateway.name);
    let items: Vec<Value> = of(records, caller).iter().filter(wanted).map(shown).collect();
    Answer::ok("overlords", json!({"items": items}))
}

pub(super) fn overlord(records: &Records, caller: &Caller, uid: &str) -> Result<Answer, Problem> {
    let gateway = of(records, caller).iter().find(|gateway| gateway.uid == uid);
    let gateway = gateway.ok_or_else(|| Problem::not_found("overlord", uid))?;
    Ok(Answer::ok("overlord", shown(gateway)))
}

fn of<'a>(records: &'a Records, caller: &Caller) -> &'a [Gateway] {
    records.tenant(&caller.tenant).map(|tenant| tenant.gateways.as_slice()).unwrap_or_default()
}

fn shown(gateway: &Gateway) -> Value {
    let Gateway { uid, name, state, healthy, system } = gateway;
    let health = if *healthy { "Healthy" } else { "UnHealthy" };
    json!({
        "kind": "Overlord",
        "metadata": {"name": name, "uid": uid},
        "spec": {"isSystem": system, "isSelfHosted": !system, "cloudAccountUid": "", "spectroClusterUid": ""},
        "status": {"state": state, "isActive": healthy, "isReady": healthy, "health": {"state": health}},
    })
}
