//! Pages of lists, with at most 20 entries in a page. A `NextToken` is valid only for the list that
//! returned it.
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::call::{OrganizationsCall, invalid_input};
use crate::aws::error::AwsError;
use crate::aws::store::encode_hex;

const MAX_PAGE_SIZE: usize = 20;

/// A position in a list. A `NextToken` encodes it.
#[derive(Debug, Default)]
pub(super) struct Position {
    /// The key of the last entry of the previous page.
    pub(super) after: Option<String>,
    /// The index of the page.
    page: usize,
}

/// Builds the page of a list that a call asks for. `scope` distinguishes two lists of the same
/// operation, and `member` is the JSON member with the entries. `entries_from` returns the entries
/// after a key, sorted by key.
pub(super) fn build_page<'b, T: 'b>(
    call: &OrganizationsCall<'_>,
    scope: &str,
    member: &str,
    mut entries_from: impl FnMut(Option<&str>) -> Box<dyn Iterator<Item = (&'b String, T)> + 'b>,
    to_json: impl Fn(&'b String, T) -> Value,
) -> Result<Value, AwsError> {
    let size = parse_page_size(call)?;
    let position = parse_token(call, scope)?;
    let mut entries = entries_from(position.after.as_deref()).peekable();
    let next_token = |after: Option<String>| {
        build_token(call, scope, &Position { after, page: position.page + 1 })
    };
    // AWS documents that a page may be empty even if more pages follow. Here one page is always
    // empty.
    if position.page == call.organization()?.empty_page && entries.peek().is_some() {
        return Ok(json!({member: [], "NextToken": next_token(position.after.clone())}));
    }
    let (mut page, mut last) = (Vec::new(), None);
    for (key, value) in entries.by_ref().take(size) {
        last = Some(key.clone());
        page.push(to_json(key, value));
    }
    let mut response = json!({member: page});
    if entries.peek().is_some() {
        response["NextToken"] = next_token(last).into();
    }
    Ok(response)
}

/// Parses the parameter `MaxResults`.
fn parse_page_size(call: &OrganizationsCall<'_>) -> Result<usize, AwsError> {
    let requested = call.body.number("MaxResults")?;
    let size = requested.map_or(Some(MAX_PAGE_SIZE), |requested| usize::try_from(requested).ok());
    size.filter(|size| (1..=MAX_PAGE_SIZE).contains(size))
        .ok_or_else(|| invalid_input("MaxResults must be between 1 and 20."))
}

/// Returns a checksum of the list and the text of a token, so that a token cannot be used for
/// another list.
fn token_checksum(call: &OrganizationsCall<'_>, scope: &str, text: &str) -> String {
    let list_and_text = format!("{} {} {scope} {text}", call.caller.partition(), call.operation);
    encode_hex(&Sha256::digest(list_and_text)[..8])
}

/// Builds the `NextToken` for a position.
fn build_token(call: &OrganizationsCall<'_>, scope: &str, position: &Position) -> String {
    let text = format!("{} {}", position.page, position.after.as_deref().unwrap_or_default());
    format!("{}{}", token_checksum(call, scope, &text), encode_hex(text.as_bytes()))
}

/// Parses the parameter `NextToken`. Without it, the position is the start of the list.
fn parse_token(call: &OrganizationsCall<'_>, scope: &str) -> Result<Position, AwsError> {
    let Some(token) = call.body.string("NextToken")? else { return Ok(Position::default()) };
    let decode = || {
        let (checksum, text) = (token.get(..16)?, token.get(16..)?);
        let byte = |index: usize| u8::from_str_radix(text.get(index..index + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(byte).collect();
        let text = String::from_utf8(bytes?).ok()?;
        let (page, after) = text.split_once(' ')?;
        let (page, after) = (page.parse().ok()?, Some(after.to_owned()));
        (token_checksum(call, scope, &text) == checksum)
            .then(|| Position { after: after.filter(|key| !key.is_empty()), page })
    };
    decode().ok_or_else(|| {
        invalid_input("You specified an invalid pagination token (INVALID_NEXT_TOKEN).")
    })
}
