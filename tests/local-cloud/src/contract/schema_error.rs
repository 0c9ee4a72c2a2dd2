//! Schema violations in the format of the library go-openapi, which Palette uses: an error code
//! from 600 on, and a message with the path of the member.

use jsonschema::{ValidationError, error::ValidationErrorKind};

/// A violation of a JSON Schema.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SchemaError {
    /// Error code of go-openapi, such as 602 for a missing member.
    pub code: u16,
    /// Message with the path of the member and the violated rule. It does not contain the value,
    /// which may be secret.
    pub message: String,
}

impl SchemaError {
    /// Returns the error for a schema that does not exist in the contract.
    pub(super) fn unknown_schema(key: &str) -> Self {
        Self { code: 601, message: format!("The contract has no schema with the name {key}.") }
    }

    /// Converts an error of the crate `jsonschema`.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only a few of about forty variants occur")]
    pub(super) fn from_validation_error(error: &ValidationError<'_>) -> Self {
        let path = error.instance_path().as_str().trim_start_matches('/').replace('/', ".");
        let path = if path.is_empty() { "body".to_owned() } else { path };
        match error.kind() {
            ValidationErrorKind::Type { .. } => {
                Self { code: 601, message: format!("{path} in body must be of another type") }
            }
            ValidationErrorKind::Required { property } => {
                let property = property.as_str().unwrap_or_default();
                Self { code: 602, message: format!("{path}.{property} in body is required") }
            }
            ValidationErrorKind::MaxLength { limit } => Self {
                code: 603,
                message: format!("{path} in body should be at most {limit} chars long"),
            },
            ValidationErrorKind::MinLength { limit } => Self {
                code: 604,
                message: format!("{path} in body should be at least {limit} chars long"),
            },
            ValidationErrorKind::Pattern { pattern } => {
                Self { code: 605, message: format!("{path} in body should match '{pattern}'") }
            }
            ValidationErrorKind::Enum { options } => {
                Self { code: 606, message: format!("{path} in body should be one of {options}") }
            }
            ValidationErrorKind::UniqueItems => {
                Self { code: 610, message: format!("{path} in body shouldn't contain duplicates") }
            }
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let names = unexpected.join(", ");
                Self {
                    code: 616,
                    message: format!("{path}.{names} in body is a forbidden property"),
                }
            }
            ValidationErrorKind::FalseSchema => {
                Self { code: 616, message: format!("{path} in body is a forbidden property") }
            }
            other => {
                Self { code: 601, message: format!("{path} in body breaks {}", other.keyword()) }
            }
        }
    }
}
