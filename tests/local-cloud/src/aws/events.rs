//! Fake EventBridge: `PutEvents` on event buses. It records the events and does not evaluate rules.
use serde_json::{Value, json};

use super::body::Body;
use super::bus_policy::ResourcePolicy;
use super::caller::Caller;
use super::error::AwsError;
use super::setup::Account;
use super::store::Store;
use crate::clock::iso8601;

/// Maximum number of entries in one `PutEvents` call.
const MAX_ENTRIES: usize = 10;
/// Maximum size of all entries of one `PutEvents` call, in bytes.
const MAX_BYTES: usize = 262_144;

/// An event bus with its resource policy and the events that were put on it.
#[derive(Debug)]
pub(crate) struct StoredBus {
    policy: ResourcePolicy,
    /// The events as EventBridge delivers them, oldest first.
    events: Vec<Value>,
}

impl Account {
    /// Creates an event bus in a region. `policy` is its resource policy.
    pub fn create_event_bus(&self, region: &str, name: &str, arn: &str, policy: &Value) {
        let bus = StoredBus { policy: ResourcePolicy::new(arn, policy), events: Vec::new() };
        let key = (region.to_owned(), name.to_owned());
        self.aws().store().account_mut(self.account_key()).buses.insert(key, bus);
    }

    /// Returns the events that were put on the account's event buses with `PutEvents`: bus by bus,
    /// oldest first.
    pub fn put_events(&self) -> Vec<Value> {
        let mut store = self.aws().store();
        let buses = store.account_mut(self.account_key()).buses.values();
        buses.flat_map(|bus| bus.events.clone()).collect()
    }
}

/// Serves a call of EventBridge: `PutEvents` only.
pub(crate) fn serve(
    store: &mut Store,
    caller: &Caller,
    operation: &str,
    body: &[u8],
) -> Result<String, AwsError> {
    if operation != "PutEvents" {
        return Err(AwsError::new(400, "UnknownOperationException", "Unknown operation."));
    }
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let entries = Body::from_value(&body)?.list("Entries")?.to_vec();
    let bytes: usize = entries.iter().map(|entry| entry.to_string().len()).sum();
    if !(1..=MAX_ENTRIES).contains(&entries.len()) || bytes > MAX_BYTES {
        let message = "Entries must be 1 to 10, and at most 262144 bytes in size.";
        return Err(AwsError::new(400, "ValidationException", message));
    }
    let mut results = Vec::new();
    for entry in &entries {
        results.push(put_entry(store, caller, entry)?);
    }
    let failed_count = results.iter().filter(|result| result.get("ErrorCode").is_some()).count();
    Ok(json!({"FailedEntryCount": failed_count, "Entries": results}).to_string())
}

/// Puts one entry of a `PutEvents` call on its event bus. Returns the result of the entry, or the
/// error of the whole call.
fn put_entry(store: &mut Store, caller: &Caller, entry: &Value) -> Result<Value, AwsError> {
    let member = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
    let failed = |code: &str| Ok(json!({"ErrorCode": code, "ErrorMessage": code}));
    let (partition, account) = &caller.account_key;
    let region = caller.region.clone();
    let name = member("EventBusName");
    let prefix = format!("arn:{partition}:events:{region}:{account}:event-bus/");
    let name = name.strip_prefix(&prefix).unwrap_or(name).to_owned();
    let arn = format!("{prefix}{name}");
    let (source, detail_type) = (member("Source"), member("DetailType"));
    if source.is_empty() || detail_type.is_empty() {
        return failed("InvalidArgument");
    }
    if source.starts_with("aws") {
        return failed("NotAuthorizedForSourceException");
    }
    let Ok(detail @ Value::Object(_)) = serde_json::from_str::<Value>(member("Detail")) else {
        return failed("MalformedDetail");
    };
    let id = store.generate_request_id();
    let event = json!({
        "version": "0", "id": id, "detail-type": detail_type, "source": source, "account": account,
        "time": iso8601(store.now()), "region": region, "resources": [], "detail": detail,
    });
    let context =
        store.context(caller).with("events:source", source).with("events:detail-type", detail_type);
    store.authorize(caller, "events:PutEvents", &arn, &arn, &context)?;
    let sender = store.principal_arn(caller);
    let account = store.account_mut(&caller.account_key);
    let Some(bus) = account.buses.get_mut(&(region, name)) else {
        return failed("ResourceNotFoundException");
    };
    if !bus.policy.is_event_allowed(&sender, &event) {
        let message = format!("{sender} is denied events:PutEvents by the policy of the bus.");
        return Err(AwsError::new(400, "AccessDeniedException", message));
    }
    bus.events.push(event);
    Ok(json!({"EventId": id}))
}
