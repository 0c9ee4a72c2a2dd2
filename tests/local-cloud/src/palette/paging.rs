//! Query parameters and paging: at most 50 entries per page.

use http::StatusCode;
use percent_encoding::percent_decode_str;

use super::response::PaletteError;
use crate::server::Request;

const MAX_PAGE_SIZE: usize = 50;

/// The query parameters that Palette supports.
#[derive(Debug, Default)]
pub(super) struct ListQuery {
    pub(super) name: Option<String>,
    pub(super) filters: Option<String>,
    pub(super) partition: Option<String>,
    pub(super) cloud_account: Option<String>,
    limit: usize,
    offset: usize,
}

/// The range of a page.
pub(super) struct PageRange {
    /// Index of the first entry.
    pub(super) offset: usize,
    /// Maximum number of entries.
    pub(super) limit: usize,
}

impl ListQuery {
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
                "continue" => query.offset = parse_token(&value)?,
                // Like the real Palette, unknown parameters are ignored.
                _ => {}
            }
        }
        Ok(query)
    }

    pub(super) const fn page(&self) -> PageRange {
        let limit =
            if self.limit == 0 || self.limit > MAX_PAGE_SIZE { MAX_PAGE_SIZE } else { self.limit };
        PageRange { offset: self.offset, limit }
    }
}

/// Returns the token of the page after this position.
pub(super) fn token(position: usize) -> String {
    format!("page-{position:x}")
}

fn parse_token(token: &str) -> Result<usize, PaletteError> {
    let hexadecimal = token.strip_prefix("page-").unwrap_or_default();
    usize::from_str_radix(hexadecimal, 16).map_err(|_not_ours| {
        PaletteError::new(
            StatusCode::BAD_REQUEST,
            "InvalidContinueToken",
            "Continue token is invalid",
        )
    })
}

fn parse_number(name: &str, value: &str) -> Result<usize, PaletteError> {
    value.parse().map_err(|_not_a_number| {
        let message = format!("{name} in query must be of type int64: {value:?}");
        PaletteError::with_numeric_code(StatusCode::UNPROCESSABLE_ENTITY, 601, message)
    })
}
