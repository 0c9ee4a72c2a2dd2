//! Reads the states of accounts, which the watch has written to the state table.

use std::cmp::Reverse;

use gangway_aws::state_table::StateTable;
use gangway_checks::ScopedClient;
use gangway_http::clock;
use gangway_lambda::{ApiError, Fields, Response};
use gangway_model::{RegistrationError, Scope, Uid, UpstreamError, time::to_rfc3339};
use gangway_registration::{
    account_state::{AccountState, Expiration, KnownState, Readiness},
    drift::drift_remedy,
};
use serde_json::{Value, json};

/// The order of the accounts in a list.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Order {
    #[default]
    Name,
    /// The account whose readiness changed last is first.
    Since,
    /// The account whose key or certificate expires first is first.
    Expires,
}

/// Query parameters that select accounts by their state, and give the order of the list.
#[derive(Debug)]
pub(crate) struct ReadinessQuery {
    readiness: Option<Readiness>,
    /// Selects accounts with a key or certificate that expires within this number of days.
    expiring_within: Option<i64>,
    order: Order,
}

impl ReadinessQuery {
    /// Reads the query parameters `ready`, `expiringWithin` and `sort`. Returns `None` if the
    /// request has none of them.
    pub(crate) fn parse(fields: &mut Fields) -> Option<Self> {
        let readiness = fields.optional_with("ready", "must be true, false or unproven", |text| {
            Some(match text {
                "true" => Readiness::Ready,
                "false" => Readiness::NotReady,
                "unproven" => Readiness::Unproven,
                _ => return None,
            })
        });
        let days_rule = "must be a number of days from 0 to 3650";
        let expiring_within = fields.optional_with("expiringWithin", days_rule, |text| {
            text.parse().ok().filter(|days| (0..=3650).contains(days))
        });
        let order = fields.optional_with("sort", "must be name, since or expires", |text| {
            Some(match text {
                "name" => Order::Name,
                "since" => Order::Since,
                "expires" => Order::Expires,
                _ => return None,
            })
        });
        (readiness.is_some() || expiring_within.is_some() || order.is_some()).then(|| Self {
            readiness,
            expiring_within,
            order: order.unwrap_or_default(),
        })
    }

    /// Returns `true` if the query selects an account with this state.
    fn selects(&self, state: &AccountState) -> bool {
        let now = clock::now();
        let expires = |expiration: &Expiration, days| expiration.expires.days_left(now) <= days;
        self.readiness.is_none_or(|wanted| wanted == state.readiness())
            && self.expiring_within.is_none_or(|days| {
                state.expirations.iter().any(|expiration| expires(expiration, days))
            })
    }

    /// Sorts states in the order of the query, and states with the same rank by name.
    fn sort(&self, states: &mut [KnownState]) {
        states.sort_by(|one, other| {
            let (one, other) = (&one.state, &other.state);
            let expiry = |state: &AccountState| {
                let first = state.expirations.first();
                first.map_or((true, None), |first| (false, Some(first.expires)))
            };
            let by_order = match self.order {
                Order::Name => std::cmp::Ordering::Equal,
                Order::Since => Reverse(one.since).cmp(&Reverse(other.since)),
                Order::Expires => expiry(one).cmp(&expiry(other)),
            };
            by_order.then_with(|| one.name.cmp(&other.name))
        });
    }
}

/// Returns the state as JSON, as in responses of the API.
fn to_json(known: &KnownState) -> Value {
    let AccountState { ready, since, reason, unconfirmed, checks, expirations, drift, .. } =
        &known.state;
    let now = clock::now();
    let expirations = expirations.iter().map(|expiration| {
        json!({
            "check": expiration.check,
            "expires": expiration.expires,
            "daysLeft": expiration.expires.days_left(now),
        })
    });
    let unconfirmed =
        unconfirmed.as_ref().map(|first| json!({ "ready": first.ready, "since": first.since }));
    let drift = drift.as_ref().map(|drift| {
        let remedy = (!drift.parts.is_empty()).then(|| drift_remedy(&drift.parts));
        let mut body = json!({ "parts": drift.parts, "since": drift.since });
        if let (Some(members), Some(remedy)) = (body.as_object_mut(), remedy) {
            members.insert("remedy".to_owned(), remedy.into());
        }
        body
    });
    let mut body = json!({
        "ready": ready,
        "since": since,
        "lastChecked": to_rfc3339(known.item.checked),
        "reason": reason,
        "unconfirmed": unconfirmed,
        "checks": checks,
        "expirations": expirations.collect::<Vec<_>>(),
        "drift": drift,
    });
    if let Some(members) = body.as_object_mut() {
        members.retain(|name, value| name == "ready" || !value.is_null());
    }
    body
}

/// Returns the readiness of accounts of one scope as JSON, in the order of `uids`. An item is
/// `None` if the watch has not validated the account yet. If the table cannot be read, all items
/// are `None`: the response then lists the accounts without their readiness.
pub(crate) async fn load_all_readiness(
    uids: &[Uid],
    scope: &Scope,
    table: Option<&StateTable>,
) -> Vec<Option<Value>> {
    let Some(table) = table.filter(|_| !uids.is_empty()) else { return vec![None; uids.len()] };
    match table.get_many(&scope.to_string(), uids).await {
        Ok(items) => {
            let states: Vec<_> = items.into_iter().filter_map(KnownState::parse).collect();
            let find = |uid: &Uid| states.iter().find(|known| known.item.uid == *uid);
            uids.iter().map(|uid| find(uid).map(to_json)).collect()
        }
        Err(error) => {
            log_read_error(&error);
            vec![None; uids.len()]
        }
    }
}

/// Returns the readiness of one account as JSON, with its last report. Returns `None` if the watch
/// has not validated the account yet, or if the table cannot be read.
pub(crate) async fn load_readiness(
    uid: &Uid,
    scope: &Scope,
    table: Option<&StateTable>,
) -> Option<Value> {
    let item = table?.get(&scope.to_string(), uid).await;
    let item = item.inspect_err(log_read_error).ok()??;
    let known = KnownState::parse(item)?;
    let mut body = to_json(&known);
    let report = known.item.report.as_deref();
    let report = report.and_then(|report| serde_json::from_str::<Value>(report).ok());
    if let (Some(members), Some(report)) = (body.as_object_mut(), report) {
        members.insert("report".to_owned(), report);
    }
    Some(body)
}

/// Logs that the state table could not be read.
fn log_read_error(error: &UpstreamError) {
    let error = gangway_http::error_chain(error);
    tracing::warn!(error, "the states of accounts cannot be read");
}

/// Handles `GET …/accounts/{uid}/history`: returns the last changes of an account.
///
/// # Errors
///
/// The error is *not found* if the scope has no such account, or if the watch has not validated it
/// yet.
pub(crate) async fn get_history(
    uid: &Uid,
    palette_accounts: &ScopedClient<'_>,
    table: Option<&StateTable>,
) -> Result<Response, ApiError> {
    let table = table.ok_or_else(|| no_watch_error("/uid"))?;
    let item = table.get(&palette_accounts.scope().to_string(), uid).await;
    let known = item.map_err(RegistrationError::from)?.and_then(KnownState::parse);
    let known = known.ok_or_else(|| {
        RegistrationError::NotFound(format!(
            "no state of account {uid} in this scope: it was not checked again yet, or the path must name the tenant or the project to which it belongs"
        ))
    })?;
    Ok(Response::Json(json!({ "uid": uid.as_str(), "changes": known.state.changes })))
}

/// Lists the accounts that a query selects, with the data of the state table. `next` is the number
/// of accounts before this page.
pub(crate) async fn list_by_readiness(
    query: &ReadinessQuery,
    (limit, next): (u8, Option<&str>),
    scope: &Scope,
    table: Option<&StateTable>,
) -> Result<Response, ApiError> {
    let table = table.ok_or_else(|| no_watch_error("/ready"))?;
    let skip: usize = match next {
        None => 0,
        Some(next) => next.parse().map_err(|_not_a_number| {
            RegistrationError::unprocessable(
                "/next",
                "next must be the value that the response to the page before returned",
            )
        })?,
    };
    let items = table.list(&scope.to_string()).await.map_err(RegistrationError::from)?;
    let mut states: Vec<_> = items.into_iter().filter_map(KnownState::parse).collect();
    states.retain(|known| known.state.removed.is_none() && query.selects(&known.state));
    query.sort(&mut states);
    let limit = usize::from(limit);
    let end = skip.saturating_add(limit);
    let has_more = states.len() > end;
    let page = states.iter().skip(skip).take(limit);
    let mut body =
        json!({ "accounts": page.map(|known| to_account_json(known, scope)).collect::<Vec<_>>() });
    if let (true, Some(members)) = (has_more, body.as_object_mut()) {
        members.insert("next".to_owned(), end.to_string().into());
    }
    Ok(Response::Json(body))
}

/// Returns the JSON of an account, with only the members that its state contains.
fn to_account_json(known: &KnownState, scope: &Scope) -> Value {
    let AccountState { name, partition, method, aws_account_id, .. } = &known.state;
    let mut body = json!({
        "uid": known.item.uid.as_str(),
        "name": name,
        "partition": partition,
        "method": method,
        "awsAccountId": aws_account_id,
        "scope": crate::view::scope_json(scope),
        "readiness": to_json(known),
    });
    if let Some(members) = body.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    body
}

/// Returns the error that this deployment has no watch.
fn no_watch_error(pointer: &'static str) -> RegistrationError {
    RegistrationError::unprocessable(
        pointer,
        "must be left out: this deployment does not check registered accounts again (parameter WatchSchedule)",
    )
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use gangway_aws::state_table::StateItem;
    use gangway_registration::account_state::Timestamp;

    use super::*;

    /// Returns a state with this name and readiness. `days` is the time until its expiration.
    fn known_state(name: &str, ready: Option<bool>, since: u64, days: Option<u64>) -> KnownState {
        let time = |days: u64| Timestamp(clock::now() + Duration::from_hours(24 * days));
        let expirations = days.map(|days| Expiration {
            check: "certificates.client-lasts".to_owned(),
            expires: time(days),
            notice: None,
        });
        let state = AccountState {
            name: name.to_owned(),
            ready,
            since: Some(Timestamp(SystemTime::UNIX_EPOCH + Duration::from_secs(since))),
            expirations: expirations.into_iter().collect(),
            ..AccountState::default()
        };
        let item = StateItem {
            scope: "tenant".to_owned(),
            uid: "5f0c1a2b3c4d5e6f70818293".parse().unwrap(),
            revision: 1,
            checked: SystemTime::UNIX_EPOCH,
            expires: SystemTime::UNIX_EPOCH,
            document: String::new(),
            report: None,
        };
        KnownState { item, state }
    }

    #[test]
    fn a_query_selects_accounts_and_sorts_them() {
        let query = |readiness, expiring_within, order| ReadinessQuery {
            readiness,
            expiring_within,
            order,
        };
        for (query, names) in [
            (query(None, None, Order::Name), "a b c d"),
            (query(Some(Readiness::Ready), None, Order::Name), "a d"),
            (query(Some(Readiness::NotReady), None, Order::Name), "b"),
            (query(Some(Readiness::Unproven), None, Order::Name), "c"),
            (query(None, Some(30), Order::Name), "b d"),
            (query(Some(Readiness::Ready), Some(5), Order::Name), "d"),
            (query(None, None, Order::Since), "c b a d"),
            (query(None, None, Order::Expires), "d b a c"),
        ] {
            let mut states = vec![
                known_state("d", Some(true), 1, Some(2)),
                known_state("c", None, 4, None),
                known_state("b", Some(false), 3, Some(20)),
                known_state("a", Some(true), 2, Some(90)),
            ];
            states.retain(|known| query.selects(&known.state));
            query.sort(&mut states);
            let found: Vec<_> = states.iter().map(|known| known.state.name.as_str()).collect();
            assert_eq!(found.join(" "), names, "{query:?}");
        }
    }
}
