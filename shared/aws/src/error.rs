//! What AWS's refusals mean, told from their codes. The text beside a code is AWS's own and goes nowhere.

#[cfg(test)]
mod tests;

use std::{error::Error, fmt, time::Duration};

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use gangway_model::UpstreamError;

/// As people know the services.
pub const STS: &str = "AWS STS";
/// As people know the services.
pub const IAM: &str = "AWS IAM";
/// As people know the services.
pub const EKS: &str = "Amazon EKS";
/// As people know the services.
pub const SECRETS_MANAGER: &str = "AWS Secrets Manager";

/// Throttling is per account and second; the SDK has tried more than once by now.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What a code means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AwsErrorKind {
    /// No such access key here, or an inactive one.
    UnknownAccessKey,
    /// The secret is not that of the access key.
    WrongSignature,
    /// Temporary credentials that have ended.
    Expired,
    /// The clocks differ by more than AWS takes.
    ClockSkew,
    /// No policy allows it, or one denies it.
    AccessDenied,
    /// There is no such thing.
    NotFound,
    /// There is one already.
    AlreadyExists,
    /// Not in the state that it is in, such as scheduled for deletion.
    InvalidState,
    /// A KMS key does not do its part.
    KmsFailure,
    /// Asked too often.
    Throttled,
    /// AWS broke.
    ServiceFailure,
    /// All else.
    Other,
}

/// Sorted by meaning. The same refusal has a code in each protocol, and some services a dialect of their own.
const CODES: &[(AwsErrorKind, &[&str])] = &[
    (
        AwsErrorKind::UnknownAccessKey,
        &[
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "InvalidAccessKeyId",
            "AuthFailure",
        ],
    ),
    (
        AwsErrorKind::WrongSignature,
        &[
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            "InvalidSignature",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
        ],
    ),
    (AwsErrorKind::Expired, &["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"]),
    (
        AwsErrorKind::ClockSkew,
        &[
            "RequestExpired",
            "RequestTimeTooSkewed",
            "RequestInTheFuture",
            "RequestExpiredException",
        ],
    ),
    (
        AwsErrorKind::AccessDenied,
        &["UnauthorizedOperation", "UnauthorizedException", "NotAuthorized", "OptInRequired"],
    ),
    (
        AwsErrorKind::NotFound,
        &[
            "NoSuchEntity",
            "NoSuchEntityException",
            "ResourceNotFoundException",
            "AccountNotFoundException",
            "ChildNotFoundException",
            "ParentNotFoundException",
            "QueueDoesNotExist",
            "AWS.SimpleQueueService.NonExistentQueue",
        ],
    ),
    (
        AwsErrorKind::AlreadyExists,
        &[
            "ResourceExistsException",
            "ResourceInUseException",
            "EntityAlreadyExists",
            "EntityAlreadyExistsException",
        ],
    ),
    (AwsErrorKind::InvalidState, &["InvalidRequestException"]),
    (AwsErrorKind::KmsFailure, &["DecryptionFailure", "EncryptionFailure"]),
    (
        AwsErrorKind::Throttled,
        &[
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottled",
            "RequestThrottledException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "PriorRequestNotComplete",
            // IAM takes one change of a role at a time.
            "ConcurrentModification",
            "ConcurrentModificationException",
            "SlowDown",
        ],
    ),
    (
        AwsErrorKind::ServiceFailure,
        &[
            "InternalFailure",
            "InternalError",
            "InternalServiceError",
            "InternalServiceErrorException",
            "ServiceException",
            "ServiceFailure",
            "ServiceUnavailable",
            "ServiceUnavailableException",
        ],
    ),
];

impl AwsErrorKind {
    fn of(code: &str, status: u16) -> Self {
        let listed = CODES.iter().find(|(_, codes)| codes.contains(&code));
        match listed {
            Some((refusal, _)) => *refusal,
            None if code.starts_with("AccessDenied") => Self::AccessDenied,
            None if status == 429 => Self::Throttled,
            None if status >= 500 => Self::ServiceFailure,
            None => Self::Other,
        }
    }

    /// What AWS said, or `None` where it did not get to say anything.
    pub fn from_sdk<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<Self> {
        let service = error.as_service_error()?;
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        Some(Self::of(service.code().unwrap_or_default(), status))
    }
}

/// A call, so that its failing can be told.
#[derive(Clone, Copy, Debug)]
pub struct ApiCall {
    /// Who is asked.
    pub service: &'static str,
    /// The IAM action that allows it.
    pub action: &'static str,
    /// What it is about; completes the sentence "AWS has no …".
    pub resource: &'static str,
}

impl ApiCall {
    /// Why it failed, with our own credentials.
    pub fn to_upstream_error<E>(self, error: &SdkError<E, HttpResponse>) -> UpstreamError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let service = self.service;
        match error {
            SdkError::TimeoutError(_) => UpstreamError::TimedOut { service },
            // The HTTP client says "user" where the invocation has no time left.
            SdkError::DispatchFailure(cause) if cause.is_timeout() || cause.is_user() => {
                UpstreamError::TimedOut { service }
            }
            SdkError::DispatchFailure(_)
            | SdkError::ConstructionFailure(_)
            | SdkError::ResponseError(_) => self.invalid_response(error_chain(error)),
            SdkError::ServiceError(_) => {
                let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
                self.error_of_kind(
                    AwsErrorKind::from_sdk(error).unwrap_or(AwsErrorKind::Other),
                    code,
                )
            }
            _ => self.invalid_response("an error that the SDK does not name"),
        }
    }

    /// Why it was refused, with our own credentials.
    pub fn error_of_kind(self, refusal: AwsErrorKind, code: Option<&str>) -> UpstreamError {
        let Self { service, action, resource: what } = self;
        let denied = |reason: String| UpstreamError::AccessDenied { service, reason };
        match refusal {
            AwsErrorKind::UnknownAccessKey
            | AwsErrorKind::WrongSignature
            | AwsErrorKind::Expired => {
                denied(format!("the credentials that {action} was asked with are not valid"))
            }
            AwsErrorKind::ClockSkew => {
                denied(format!("{action} was refused because the clocks differ"))
            }
            AwsErrorKind::AccessDenied => {
                denied(format!("allow {action} to the identity that asks for it"))
            }
            AwsErrorKind::KmsFailure => {
                denied(format!("{action} needs the secret's KMS key enabled, and its use allowed"))
            }
            AwsErrorKind::NotFound => UpstreamError::NotFound { service, resource: what },
            AwsErrorKind::AlreadyExists => UpstreamError::AlreadyExists { service },
            AwsErrorKind::Throttled => {
                UpstreamError::Throttled { service, retry_after: RETRY_AFTER }
            }
            AwsErrorKind::ServiceFailure => {
                self.invalid_response(format!("{action}: {}", sanitize_code(code)))
            }
            AwsErrorKind::InvalidState | AwsErrorKind::Other => UpstreamError::Rejected {
                service,
                reason: format!("{action} was answered with {}", sanitize_code(code)),
            },
        }
    }

    /// It answered, yet not with what it should.
    pub fn invalid_response(self, cause: impl Into<String>) -> UpstreamError {
        UpstreamError::Unavailable { service: self.service, source: cause.into().into() }
    }
}

/// Codes are single words of letters alone, which no key is; anything else is not repeated.
fn sanitize_code(code: Option<&str>) -> &str {
    let word = |code: &&str| {
        (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    code.filter(word).unwrap_or("an error without a code")
}

/// Every cause in one line, for the log.
fn error_chain(error: &dyn Error) -> String {
    let mut line = String::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        let parting = if line.is_empty() { "" } else { ": " };
        // Writing into a String cannot fail.
        let _infallible = fmt::Write::write_fmt(&mut line, format_args!("{parting}{cause}"));
        next = cause.source();
    }
    line
}
