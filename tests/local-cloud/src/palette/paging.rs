//! Parses query parameters, and divides lists into pages of at most 50 entries.

use http::StatusCode;
use percent_encoding::percent_decode_str;

use super::response::PaletteError;
use crate::server::Request;

const MAX_PAGE_SIZE: usize = 50;

/// The query parameters of a request that the fake Palette supports.
#[derive(Debug, Default)]
pub(super) struct ListQuery {
    pub(super) name: Option<String>,
    pub(super) filters: Option<String>,
    pub(super) partition: Option<String>,
    /// Uid of a registered account.
    pub(super) cloud_account: Option<String>,
    limit: usize,
    offset: usize,
}

/// The range of list entries that one page contains.
pub(super) struct PageRange {
    /// Index of the first entry in the list.
    pub(super) offset: usize,
    /// Maximum number of entries on the page.
    pub(super) limit: usize,
}

impl ListQuery {
    /// Parses the query parameters of a request. Unknown parameters are ignored, as in the real
    /// Palette.
    pub(super) fn parse(request: &Request) -> Result<Self, PaletteError> {
        let mut query = Self { limit: MAX_PAGE_SIZE, ..Self::default() };
        for pair in request.uri().query().unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value =
                percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned();
            match name {
                "name" => query.name = Some(value),
                "filters" => query.filters = Some(value),
                "partition" => query.partition = Some(value),
                "cloudAccountUid" => query.cloud_account = Some(value),
                "limit" => query.limit = parse_number(name, &value)?,
                "offset" => query.offset = parse_number(name, &value)?,
                "continue" if value.is_empty() => {}
                "continue" => query.offset = parse_continue_token(&value)?,
                _ => {}
            }
        }
        Ok(query)
    }

    /// Returns the range of the requested page. A limit of 0 or over 50 counts as 50.
    pub(super) const fn page_range(&self) -> PageRange {
        let limit =
            if self.limit == 0 || self.limit > MAX_PAGE_SIZE { MAX_PAGE_SIZE } else { self.limit };
        PageRange { offset: self.offset, limit }
    }
}

/// Returns the `continue` token of the page that starts at this index.
pub(super) fn format_continue_token(start_index: usize) -> String {
    format!("page-{start_index:x}")
}

/// Parses a `continue` token. Returns the index of the first entry on the page.
fn parse_continue_token(token: &str) -> Result<usize, PaletteError> {
    let hexadecimal = token.strip_prefix("page-").unwrap_or_default();
    usize::from_str_radix(hexadecimal, 16).map_err(|_invalid_token| {
        PaletteError::new(
            StatusCode::BAD_REQUEST,
            "InvalidContinueToken",
            "Continue token is invalid",
        )
    })
}

/// Parses the value of a numeric query parameter.
fn parse_number(name: &str, value: &str) -> Result<usize, PaletteError> {
    value.parse().map_err(|_not_a_number| {
        let message = format!("{name} in query must be of type int64: {value:?}");
        PaletteError::with_numeric_code(StatusCode::UNPROCESSABLE_ENTITY, 601, message)
    })
}
