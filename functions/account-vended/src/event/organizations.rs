//! Events of Organizations: results of what takes a while, accounts that come and go, one call of its API.

use gangway_model::{AccountId, Partition};
use serde_json::Value;

use super::{
    AccountEvent, AccountRef, IgnoreReason, InvalidEvent, RemovalReason,
    envelope::{EventEnvelope, text},
};

/// `CreateAccountResult`. An account for GovCloud is two: one there, which this is about, and one for the bills in the
/// commercial partition, where the event comes from.
pub(super) fn created(
    told: &EventEnvelope,
    deployed: Partition,
) -> Result<AccountEvent, InvalidEvent> {
    let status = status(told.detail(), "createAccountStatus");
    match text(status, "state") {
        Some("SUCCEEDED") => {}
        Some("FAILED") => {
            let reason = text(status, "failureReason").unwrap_or("Organizations tells no reason");
            return Ok(AccountEvent::CreationFailed(sanitize_text(reason)));
        }
        state => {
            return Ok(AccountEvent::Ignored(IgnoreReason::State(sanitize_text(
                state.unwrap_or("not told"),
            ))));
        }
    }
    let twin = status.get("govCloudAccountId").filter(|twin| !twin.is_null());
    let from = told.partition().unwrap_or(deployed);
    let target = match (twin, deployed) {
        (Some(_), Partition::AwsUsGov) => "govCloudAccountId",
        (Some(_), Partition::Aws | Partition::AwsIso | Partition::AwsIsoB) => {
            return Ok(AccountEvent::Ignored(IgnoreReason::GovCloudPair));
        }
        (None, _) if from != deployed => {
            return Ok(AccountEvent::Ignored(IgnoreReason::OtherPartition(from)));
        }
        (None, _) => "accountId",
    };
    let account = text(status, target).and_then(|text| text.parse().ok());
    account.map(AccountRef::of).map(AccountEvent::Created).ok_or(InvalidEvent::NoAccount)
}

/// `AccountJoinedOrganization`. Of an account that was made, only the other event tells whether it has a twin in GovCloud.
pub(super) fn joined(detail: &Value) -> Result<AccountEvent, InvalidEvent> {
    let details = detail.get("serviceEventDetails").unwrap_or(&Value::Null);
    let method = find(details, &|name, _| name.eq_ignore_ascii_case("joinedMethod"));
    if method.and_then(Value::as_str).is_some_and(|how| how.eq_ignore_ascii_case("CREATED")) {
        return Ok(AccountEvent::Ignored(IgnoreReason::Created));
    }
    find_account_id(details)
        .map(AccountRef::of)
        .map(AccountEvent::Created)
        .ok_or(InvalidEvent::NoAccount)
}

/// `AccountDepartedOrganization`
pub(super) fn departed(detail: &Value) -> Result<AccountEvent, InvalidEvent> {
    let details = detail.get("serviceEventDetails").unwrap_or(&Value::Null);
    let account = find_account_id(details).ok_or(InvalidEvent::NoAccount)?;
    Ok(AccountEvent::Removed(AccountRef::of(account), RemovalReason::Departed))
}

/// `CloseAccountResult`
pub(super) fn closed(detail: &Value) -> Result<AccountEvent, InvalidEvent> {
    let status = status(detail, "closeAccountStatus");
    if text(status, "state") != Some("SUCCEEDED") {
        let state = text(status, "state").unwrap_or("not told");
        return Ok(AccountEvent::Ignored(IgnoreReason::State(sanitize_text(state))));
    }
    let account = text(status, "accountId").and_then(|text| text.parse().ok());
    let account = account.ok_or(InvalidEvent::NoAccount)?;
    Ok(AccountEvent::Removed(AccountRef::of(account), RemovalReason::Closed))
}

/// `RemoveAccountFromOrganization`: a call, which is told of whether or not AWS did as asked.
pub(super) fn removed(detail: &Value) -> Result<AccountEvent, InvalidEvent> {
    if let Some(code) = text(detail, "errorCode") {
        return Ok(AccountEvent::Ignored(IgnoreReason::CallFailed(sanitize_text(code))));
    }
    let account = detail.pointer("/requestParameters/accountId").and_then(Value::as_str);
    let account = account.and_then(|text| text.parse().ok()).ok_or(InvalidEvent::NoAccount)?;
    Ok(AccountEvent::Removed(AccountRef::of(account), RemovalReason::Departed))
}

fn status<'a>(detail: &'a Value, member: &str) -> &'a Value {
    let details = detail.get("serviceEventDetails");
    details.and_then(|details| details.get(member)).unwrap_or(&Value::Null)
}

/// AWS documents no sample of these events, so the number is looked for: under its name, else wherever there is one.
fn find_account_id(details: &Value) -> Option<AccountId> {
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<AccountId>().ok());
    let named = |name: &str, value: &Value| {
        name.eq_ignore_ascii_case("accountId") && number(value).is_some()
    };
    find(details, &named)
        .or_else(|| find(details, &|_, value| number(value).is_some()))
        .and_then(number)
}

/// The first member that is wanted, on whatever level.
fn find<'a>(value: &'a Value, wanted: &dyn Fn(&str, &Value) -> bool) -> Option<&'a Value> {
    match value {
        Value::Object(members) => {
            let here = members.iter().find(|(name, member)| wanted(name, member));
            here.map(|(_, member)| member)
                .or_else(|| members.values().find_map(|member| find(member, wanted)))
        }
        Value::Array(items) => items.iter().find_map(|item| find(item, wanted)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// What others write is kept short, and on one line.
pub(super) fn sanitize_text(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(300).collect()
}
