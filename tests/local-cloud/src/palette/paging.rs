//! Query strings: filters, and pages of at most fifty.

use http::StatusCode;
use percent_encoding::percent_decode_str;

use super::answer::PaletteError;
use crate::server::Request;

const MAX_PAGE_SIZE: usize = 50;

/// What a query asks for, as far as Palette listens to it.
#[derive(Debug, Default)]
pub(super) struct ListQuery {
    /// `name=`.
    pub(super) name: Option<String>,
    /// `filters=`.
    pub(super) filters: Option<String>,
    /// `partition=`.
    pub(super) partition: Option<String>,
    /// `cloudAccountUid=`.
    pub(super) cloud_account: Option<String>,
    limit: usize,
    offset: usize,
}

/// Where a page ends.
pub(super) struct PageRange {
    /// From which item on.
    pub(super) offset: usize,
    /// How many at most.
    pub(super) limit: usize,
}

impl ListQuery {
    pub(super) fn of(request: &Request) -> Result<Self, PaletteError> {
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
                "limit" => query.limit = number(name, &value)?,
                "offset" => query.offset = number(name, &value)?,
                "continue" if value.is_empty() => {}
                "continue" => query.offset = position(&value)?,
                // As the real one: what it does not know, it does not see.
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

/// The token with which the page after this position is asked for.
pub(super) fn token(position: usize) -> String {
    format!("page-{position:x}")
}

fn position(token: &str) -> Result<usize, PaletteError> {
    let hexadecimal = token.strip_prefix("page-").unwrap_or_default();
    usize::from_str_radix(hexadecimal, 16).map_err(|_not_ours| {
        PaletteError::new(
            StatusCode::BAD_REQUEST,
            "InvalidContinueToken",
            "Continue token is invalid",
        )
    })
}

fn number(name: &str, value: &str) -> Result<usize, PaletteError> {
    value.parse().map_err(|_not_a_number| {
        let message = format!("{name} in query must be of type int64: {value:?}");
        PaletteError::with_numeric_code(StatusCode::UNPROCESSABLE_ENTITY, 601, message)
    })
}
