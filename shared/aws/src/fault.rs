//! What AWS's refusals mean, told from their codes. The text beside a code is AWS's own and goes nowhere.

#[cfg(test)]
mod tests;

use std::{error::Error, fmt, time::Duration};

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use gangway_model::PortError;

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
pub enum Refusal {
    /// No such access key here, or an inactive one.
    UnknownKey,
    /// The secret is not that of the access key.
    WrongSecret,
    /// Temporary credentials that have ended.
    Expired,
    /// The clocks differ by more than AWS takes.
    Clock,
    /// No policy allows it, or one denies it.
    NotAllowed,
    /// There is no such thing.
    NotFound,
    /// There is one already.
    Exists,
    /// Not in the state that it is in, such as scheduled for deletion.
    WrongState,
    /// A KMS key does not do its part.
    Encryption,
    /// Asked too often.
    Throttled,
    /// AWS broke.
    Broken,
    /// All else.
    Other,
}

/// Sorted by meaning. The same refusal has a code in each protocol, and some services a dialect of their own.
const CODES: &[(Refusal, &[&str])] = &[
    (
        Refusal::UnknownKey,
        &[
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "InvalidAccessKeyId",
            "AuthFailure",
        ],
    ),
    (
        Refusal::WrongSecret,
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
    (Refusal::Expired, &["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"]),
    (
        Refusal::Clock,
        &[
            "RequestExpired",
            "RequestTimeTooSkewed",
            "RequestInTheFuture",
            "RequestExpiredException",
        ],
    ),
    (
        Refusal::NotAllowed,
        &["UnauthorizedOperation", "UnauthorizedException", "NotAuthorized", "OptInRequired"],
    ),
    (
        Refusal::NotFound,
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
        Refusal::Exists,
        &[
            "ResourceExistsException",
            "ResourceInUseException",
            "EntityAlreadyExists",
            "EntityAlreadyExistsException",
        ],
    ),
    (Refusal::WrongState, &["InvalidRequestException"]),
    (Refusal::Encryption, &["DecryptionFailure", "EncryptionFailure"]),
    (
        Refusal::Throttled,
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
        Refusal::Broken,
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

impl Refusal {
    fn of(code: &str, status: u16) -> Self {
        let listed = CODES.iter().find(|(_, codes)| codes.contains(&code));
        match listed {
            Some((refusal, _)) => *refusal,
            None if code.starts_with("AccessDenied") => Self::NotAllowed,
            None if status == 429 => Self::Throttled,
            None if status >= 500 => Self::Broken,
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
pub struct Call {
    /// Who is asked.
    pub service: &'static str,
    /// The IAM action that allows it.
    pub action: &'static str,
    /// What it is about; completes the sentence "AWS has no …".
    pub what: &'static str,
}

impl Call {
    /// Why it failed, with our own credentials.
    pub fn failed<E>(self, error: &SdkError<E, HttpResponse>) -> PortError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let service = self.service;
        match error {
            SdkError::TimeoutError(_) => PortError::TimedOut { service },
            // The HTTP client says "user" where the invocation has no time left.
            SdkError::DispatchFailure(cause) if cause.is_timeout() || cause.is_user() => {
                PortError::TimedOut { service }
            }
            SdkError::DispatchFailure(_)
            | SdkError::ConstructionFailure(_)
            | SdkError::ResponseError(_) => self.unreadable(chain(error)),
            SdkError::ServiceError(_) => {
                let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
                self.refused(Refusal::from_sdk(error).unwrap_or(Refusal::Other), code)
            }
            _ => self.unreadable("an error that the SDK does not name"),
        }
    }

    /// Why it was refused, with our own credentials.
    pub fn refused(self, refusal: Refusal, code: Option<&str>) -> PortError {
        let Self { service, action, what } = self;
        let denied = |reason: String| PortError::Denied { service, reason };
        match refusal {
            Refusal::UnknownKey | Refusal::WrongSecret | Refusal::Expired => {
                denied(format!("the credentials that {action} was asked with are not valid"))
            }
            Refusal::Clock => denied(format!("{action} was refused because the clocks differ")),
            Refusal::NotAllowed => {
                denied(format!("allow {action} to the identity that asks for it"))
            }
            Refusal::Encryption => {
                denied(format!("{action} needs the secret's KMS key enabled, and its use allowed"))
            }
            Refusal::NotFound => PortError::Missing { service, what },
            Refusal::Exists => PortError::Duplicate { service },
            Refusal::Throttled => PortError::Busy { service, retry_after: RETRY_AFTER },
            Refusal::Broken => self.unreadable(format!("{action}: {}", plain(code))),
            Refusal::WrongState | Refusal::Other => PortError::Refused {
                service,
                reason: format!("{action} was answered with {}", plain(code)),
            },
        }
    }

    /// It answered, yet not with what it should.
    pub fn unreadable(self, cause: impl Into<String>) -> PortError {
        PortError::Unavailable { service: self.service, source: cause.into().into() }
    }
}

/// Codes are single words of letters alone, which no key is; anything else is not repeated.
fn plain(code: Option<&str>) -> &str {
    let word = |code: &&str| {
        (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    code.filter(word).unwrap_or("an error without a code")
}

/// Every cause in one line, for the log.
fn chain(error: &dyn Error) -> String {
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
