//! Paging: at most 20 entries per page. A token is valid only for the list that returned it.
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::call::{OrganizationsCall, invalid};
use crate::aws::error::AwsError;
use crate::aws::store::encode_hex;

const MAX_PAGE_SIZE: usize = 20;

/// The position in a list that a token encodes.
#[derive(Debug, Default)]
pub(super) struct Position {
    /// Key of the last entry of the previous page.
    pub(super) after: Option<String>,
    page: usize,
}

/// Returns one page of a list sorted by key. `scope` distinguishes lists of the same operation.
pub(super) fn build_page<'b, T: 'b>(
    call: &OrganizationsCall<'_>,
    scope: &str,
    member: &str,
    mut entries_from: impl FnMut(Option<&str>) -> Box<dyn Iterator<Item = (&'b String, T)> + 'b>,
    to_json: impl Fn(&'b String, T) -> Value,
) -> Result<Value, AwsError> {
    let size = parse_page_size(call)?;
    let position = parse_token(call, scope)?;
    let mut items = entries_from(position.after.as_deref()).peekable();
    let next = |after: Option<String>| {
        build_token(call, scope, &Position { after, page: position.page + 1 })
    };
    // AWS documents that a page may be empty although more pages follow. Here one page always is.
    if position.page == call.organization()?.empty_page && items.peek().is_some() {
        return Ok(json!({member: [], "NextToken": next(position.after.clone())}));
    }
    let (mut page, mut last) = (Vec::new(), None);
    for (key, item) in items.by_ref().take(size) {
        last = Some(key.clone());
        page.push(to_json(key, item));
    }
    let mut response = json!({member: page});
    if items.peek().is_some() {
        response["NextToken"] = next(last).into();
    }
    Ok(response)
}

fn parse_page_size(call: &OrganizationsCall<'_>) -> Result<usize, AwsError> {
    let requested = call.body.number("MaxResults")?;
    let size = requested.map_or(Some(MAX_PAGE_SIZE), |requested| usize::try_from(requested).ok());
    size.filter(|size| (1..=MAX_PAGE_SIZE).contains(size))
        .ok_or_else(|| invalid("MaxResults must be between 1 and 20."))
}

fn token_checksum(call: &OrganizationsCall<'_>, scope: &str, text: &str) -> String {
    let sealed = format!("{} {} {scope} {text}", call.caller.partition(), call.operation);
    encode_hex(&Sha256::digest(sealed)[..8])
}

fn build_token(call: &OrganizationsCall<'_>, scope: &str, position: &Position) -> String {
    let text = format!("{} {}", position.page, position.after.as_deref().unwrap_or_default());
    format!("{}{}", token_checksum(call, scope, &text), encode_hex(text.as_bytes()))
}

fn parse_token(call: &OrganizationsCall<'_>, scope: &str) -> Result<Position, AwsError> {
    let Some(token) = call.body.string("NextToken")? else { return Ok(Position::default()) };
    let read = || {
        let (sealed, text) = (token.get(..16)?, token.get(16..)?);
        let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(byte).collect();
        let text = String::from_utf8(bytes?).ok()?;
        let (page, after) = text.split_once(' ')?;
        let (page, after) = (page.parse().ok()?, Some(after.to_owned()));
        (token_checksum(call, scope, &text) == sealed)
            .then(|| Position { after: after.filter(|key| !key.is_empty()), page })
    };
    read().ok_or_else(|| invalid("You specified an invalid pagination token (INVALID_NEXT_TOKEN)."))
}
