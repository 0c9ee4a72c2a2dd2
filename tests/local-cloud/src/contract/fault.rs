//! Schema violations in the format of go-openapi: an error code from 600 on and the path of the
//! member.

use jsonschema::{ValidationError, error::ValidationErrorKind};

/// A schema violation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SchemaError {
    /// Error code of go-openapi.
    pub code: u16,
    /// Path of the member and the rule, without the value.
    pub message: String,
}

impl SchemaError {
    pub(super) fn unknown_schema(key: &str) -> Self {
        Self { code: 601, message: format!("no schema is called {key}") }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only a few of about forty variants occur")]
    pub(super) fn from_validation_error(error: &ValidationError<'_>) -> Self {
        let at = error.instance_path().as_str().trim_start_matches('/').replace('/', ".");
        let at = if at.is_empty() { "body".to_owned() } else { at };
        match error.kind() {
            ValidationErrorKind::Type { .. } => {
                Self { code: 601, message: format!("{at} in body must be of another type") }
            }
            ValidationErrorKind::Required { property } => {
                let property = property.as_str().unwrap_or_default();
                Self { code: 602, message: format!("{at}.{property} in body is required") }
            }
            ValidationErrorKind::MaxLength { limit } => Self {
                code: 603,
                message: format!("{at} in body should be at most {limit} chars long"),
            },
            ValidationErrorKind::MinLength { limit } => Self {
                code: 604,
                message: format!("{at} in body should be at least {limit} chars long"),
            },
            ValidationErrorKind::Pattern { pattern } => {
                Self { code: 605, message: format!("{at} in body should match '{pattern}'") }
            }
            ValidationErrorKind::Enum { options } => {
                Self { code: 606, message: format!("{at} in body should be one of {options}") }
            }
            ValidationErrorKind::UniqueItems => {
                Self { code: 610, message: format!("{at} in body shouldn't contain duplicates") }
            }
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let names = unexpected.join(", ");
                Self { code: 616, message: format!("{at}.{names} in body is a forbidden property") }
            }
            ValidationErrorKind::FalseSchema => {
                Self { code: 616, message: format!("{at} in body is a forbidden property") }
            }
            other => {
                Self { code: 601, message: format!("{at} in body breaks {}", other.keyword()) }
            }
        }
    }
}
