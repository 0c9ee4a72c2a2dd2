//! Events of Organizations: results of account creation and closing, accounts that join and leave,
//! and the API call `RemoveAccountFromOrganization`.

use gangway_model::{AccountId, Partition};
use serde_json::Value;

use super::{
    AccountEvent, AccountRef, IgnoreReason, InvalidEvent, RemovalReason,
    envelope::{EventEnvelope, string_member},
};

/// Parses `CreateAccountResult`.
///
/// AWS creates a GovCloud account together with a paired account for billing in the commercial
/// partition, and sends the event there. Gangway registers only the GovCloud account.
pub(super) fn parse_create_result(
    envelope: &EventEnvelope,
    deployed: Partition,
) -> Result<AccountEvent, InvalidEvent> {
    let status = status_member(envelope.detail(), "createAccountStatus");
    match string_member(status, "state") {
        Some("SUCCEEDED") => {}
        Some("FAILED") => {
            let reason =
                string_member(status, "failureReason").unwrap_or("Organizations gives no reason");
            return Ok(AccountEvent::CreationFailed(sanitize_text(reason)));
        }
        state => {
            return Ok(AccountEvent::Ignored(IgnoreReason::State(sanitize_text(
                state.unwrap_or("missing"),
            ))));
        }
    }
    let gov_cloud_id = status.get("govCloudAccountId");
    let gov_cloud_id = gov_cloud_id
        .filter(|id| !id.is_null() && (id.as_str() != Some("") || deployed == Partition::AwsUsGov));
    let from = envelope.partition().unwrap_or(deployed);
    let target = match (gov_cloud_id, deployed) {
        (Some(_), Partition::AwsUsGov) => "govCloudAccountId",
        (Some(_), Partition::Aws | Partition::AwsIso | Partition::AwsIsoB) => {
            return Ok(AccountEvent::Ignored(IgnoreReason::GovCloudPair));
        }
        (None, _) if from != deployed => {
            return Ok(AccountEvent::Ignored(IgnoreReason::OtherPartition(from)));
        }
        (None, _) => "accountId",
    };
    let account = string_member(status, target).and_then(|text| text.parse().ok());
    account.map(AccountRef::new).map(AccountEvent::Created).ok_or(InvalidEvent::NoAccount)
}

/// Parses `AccountJoinedOrganization`. Ignores the event if the account was created, not invited:
/// for a created account, only `CreateAccountResult` says whether there is a paired GovCloud
/// account.
pub(super) fn parse_joined(detail: &Value) -> Result<AccountEvent, InvalidEvent> {
    let details = detail.get("serviceEventDetails").unwrap_or(&Value::Null);
    let method = find_member(details, &|name, _| name.eq_ignore_ascii_case("joinedMethod"));
    if method.and_then(Value::as_str).is_some_and(|how| how.eq_ignore_ascii_case("CREATED")) {
        return Ok(AccountEvent::Ignored(IgnoreReason::ReportedByCreateResult));
    }
    find_account_id(details)
        .map(AccountRef::new)
        .map(AccountEvent::Created)
        .ok_or(InvalidEvent::NoAccount)
}

/// Parses `AccountDepartedOrganization`.
pub(super) fn parse_departed(detail: &Value) -> Result<AccountEvent, InvalidEvent> {
    let details = detail.get("serviceEventDetails").unwrap_or(&Value::Null);
    let account = find_account_id(details).ok_or(InvalidEvent::NoAccount)?;
    Ok(AccountEvent::Removed(AccountRef::new(account), RemovalReason::Departed))
}

/// Parses `CloseAccountResult`.
pub(super) fn parse_close_result(detail: &Value) -> Result<AccountEvent, InvalidEvent> {
    let status = status_member(detail, "closeAccountStatus");
    if string_member(status, "state") != Some("SUCCEEDED") {
        let state = string_member(status, "state").unwrap_or("missing");
        return Ok(AccountEvent::Ignored(IgnoreReason::State(sanitize_text(state))));
    }
    let account = string_member(status, "accountId").and_then(|text| text.parse().ok());
    let account = account.ok_or(InvalidEvent::NoAccount)?;
    Ok(AccountEvent::Removed(AccountRef::new(account), RemovalReason::Closed))
}

/// Parses `RemoveAccountFromOrganization`. CloudTrail reports the call even if AWS refused the
/// call.
pub(super) fn parse_remove_call(detail: &Value) -> Result<AccountEvent, InvalidEvent> {
    if let Some(code) = string_member(detail, "errorCode") {
        return Ok(AccountEvent::Ignored(IgnoreReason::CallFailed(sanitize_text(code))));
    }
    let account = detail.pointer("/requestParameters/accountId").and_then(Value::as_str);
    let account = account.and_then(|text| text.parse().ok()).ok_or(InvalidEvent::NoAccount)?;
    Ok(AccountEvent::Removed(AccountRef::new(account), RemovalReason::Departed))
}

/// Returns this member of `serviceEventDetails`, or null if there is no such member.
fn status_member<'a>(detail: &'a Value, member: &str) -> &'a Value {
    let details = detail.get("serviceEventDetails");
    details.and_then(|details| details.get(member)).unwrap_or(&Value::Null)
}

/// Returns the id of the member account: the member `accountId` if there is one, otherwise the
/// first value that is an account id. Skips members about the management account. The search is
/// tolerant because AWS documents no sample of these events.
fn find_account_id(details: &Value) -> Option<AccountId> {
    let account_id = |value: &Value| value.as_str().and_then(|text| text.parse::<AccountId>().ok());
    let is_account_id = |name: &str, value: &Value| {
        name.eq_ignore_ascii_case("accountId") && account_id(value).is_some()
    };
    find_member(details, &is_account_id)
        .or_else(|| find_member(details, &|_, value| account_id(value).is_some()))
        .and_then(account_id)
}

/// Returns the value of the first member, at any depth, that the predicate accepts. Skips members
/// about the management account.
fn find_member<'a>(
    value: &'a Value,
    predicate: &dyn Fn(&str, &Value) -> bool,
) -> Option<&'a Value> {
    match value {
        Value::Object(members) => {
            let about_account =
                || members.iter().filter(|(name, _)| !is_about_management_account(name));
            let here = about_account().find(|(name, member)| predicate(name, member));
            here.map(|(_, member)| member)
                .or_else(|| about_account().find_map(|(_, member)| find_member(member, predicate)))
        }
        Value::Array(items) => items.iter().find_map(|item| find_member(item, predicate)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn is_about_management_account(member: &str) -> bool {
    let member = member.to_ascii_lowercase();
    member.contains("management") || member.contains("master")
}

/// Shortens a text of another system to 300 characters and replaces control characters by spaces,
/// so that the text is one line of the log.
pub(super) fn sanitize_text(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(300).collect()
}
