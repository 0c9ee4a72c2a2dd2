//! Receiving, deleting, and keeping out of sight.
use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

use super::access::{Ask, Place};
use super::message::Message;
use super::queue::Receipt;
use super::send::{entries, failure};
use crate::aws::refusal::Refusal;

fn between(ask: &Ask<'_>, name: &str, range: &RangeInclusive<i64>) -> Result<Option<i64>, Refusal> {
    let value = ask.body.number(name)?;
    match value.filter(|value| !range.contains(value)) {
        None => Ok(value),
        Some(value) => Err(Refusal::new(
            400,
            "InvalidParameterValue",
            format!(
                "Value {value} for parameter {name} is invalid. Reason: Must be between {} and {}, if provided.",
                range.start(),
                range.end()
            ),
        )),
    }
}

/// Answers at once, whatever `WaitTimeSeconds` says: who waits here is Lambda, and it is told of what arrives.
pub(super) fn receive(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let place = ask.queue("ReceiveMessage")?;
    let most = between(ask, "MaxNumberOfMessages", &(1..=10))?.unwrap_or(1);
    let visibility = between(ask, "VisibilityTimeout", &(0..=43_200))?;
    between(ask, "WaitTimeSeconds", &(0..=20))?;
    let mut system = ask.body.texts("MessageSystemAttributeNames")?;
    system.extend(ask.body.texts("AttributeNames")?);
    let own = ask.body.texts("MessageAttributeNames")?;
    let most = usize::try_from(most).unwrap_or(1);
    let messages = ask.store.receive(&place, most, visibility);
    let shown: Vec<Value> = messages.iter().map(|one| shown(one, &system, &own)).collect();
    Ok(if shown.is_empty() { json!({}) } else { json!({"Messages": shown}) })
}

fn shown(message: &Message, system: &[&str], own: &[&str]) -> Value {
    let mut shown = json!({
        "MessageId": message.id,
        "ReceiptHandle": message.handle,
        "MD5OfBody": message.md5_of_body(),
        "Body": message.body,
    });
    let wanted = |name: &str| system.iter().any(|one| *one == "All" || *one == name);
    let attributes: Map<String, Value> = message
        .system()
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    if !attributes.is_empty() {
        shown["Attributes"] = attributes.into();
    }
    let wanted = |name: &str| {
        own.iter().any(|one| match one.strip_suffix(".*") {
            Some(prefix) => name.starts_with(prefix),
            None => matches!(*one, "All" | ".*") || *one == name,
        })
    };
    let attributes: Map<String, Value> = message
        .attributes
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, one)| {
            let member = if one.kind.starts_with("Binary") { "BinaryValue" } else { "StringValue" };
            (name.clone(), json!({"DataType": one.kind, member: one.value}))
        })
        .collect();
    if !attributes.is_empty() {
        shown["MessageAttributes"] = attributes.into();
        shown["MD5OfMessageAttributes"] = message.md5_of_attributes().into();
    }
    shown
}

fn invalid(handle: &str) -> Refusal {
    let message = format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
    Refusal::new(400, "ReceiptHandleIsInvalid", message)
}

fn remove(ask: &mut Ask<'_>, place: &Place, handle: Option<&str>) -> Result<(), Refusal> {
    let handle = handle.unwrap_or_default();
    match ask.store.queue_mut(place).map(|queue| queue.delete(handle)) {
        Some(Receipt::Good(_) | Receipt::Stale) => Ok(()),
        Some(Receipt::Invalid) | None => Err(invalid(handle)),
    }
}

pub(super) fn delete(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let place = ask.queue("DeleteMessage")?;
    remove(ask, &place, ask.body.text("ReceiptHandle")?)?;
    Ok(json!({}))
}

pub(super) fn delete_batch(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let place = ask.queue("DeleteMessage")?;
    let (mut good, mut failed) = (Vec::new(), Vec::new());
    for (id, entry) in entries(ask.body)? {
        match remove(ask, &place, entry.text("ReceiptHandle")?) {
            Ok(()) => good.push(json!({"Id": id})),
            Err(refusal) => failed.push(failure(id, &refusal)),
        }
    }
    Ok(json!({"Successful": good, "Failed": failed}))
}

pub(super) fn change_visibility(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let place = ask.queue("ChangeMessageVisibility")?;
    let seconds = between(ask, "VisibilityTimeout", &(0..=43_200))?.unwrap_or(0);
    let handle = ask.body.text("ReceiptHandle")?.unwrap_or_default();
    let now = ask.store.now();
    let queue = ask.store.queue_mut(&place).ok_or_else(|| invalid(handle))?;
    let hidden = match queue.receipt(handle) {
        Receipt::Invalid => return Err(invalid(handle)),
        Receipt::Stale => false,
        Receipt::Good(number) => queue.hide(number, seconds, now),
    };
    if hidden {
        return Ok(json!({}));
    }
    let message = format!(
        "Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for \
         visibility timeout change."
    );
    Err(Refusal::new(400, "AWS.SimpleQueueService.MessageNotInflight", message))
}
