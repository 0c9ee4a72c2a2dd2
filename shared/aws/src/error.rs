//! Converts errors of AWS calls by their error codes. Gangway neither returns nor logs the messages
//! of AWS.

#[cfg(test)]
mod tests;

use std::{error::Error, time::Duration};

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use gangway_http::error_chain;
use gangway_model::UpstreamError;

/// Display name of AWS STS in error messages and metrics.
pub const STS: &str = "AWS STS";
pub const IAM: &str = "AWS IAM";
pub const EKS: &str = "Amazon EKS";
#[cfg(feature = "dynamodb")]
pub const DYNAMODB: &str = "Amazon DynamoDB";
pub const SECRETS_MANAGER: &str = "AWS Secrets Manager";

/// Time after which a caller may repeat a request that AWS has throttled. AWS limits the requests
/// of an account per second. The SDK has already retried the call when this time is returned.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Kind of an error that AWS has returned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AwsErrorKind {
    /// The access key does not exist in this partition, or is inactive.
    UnknownAccessKey,
    /// The secret access key does not belong to the access key ID.
    WrongSignature,
    /// The temporary credentials have expired.
    Expired,
    /// The clocks of Gangway and AWS differ by more than AWS accepts.
    ClockSkew,
    AccessDenied,
    NotFound,
    AlreadyExists,
    /// The state of the resource does not permit the call. Example: a secret is scheduled for
    /// deletion.
    InvalidState,
    /// The KMS key is disabled, or the identity may not use it.
    KmsFailure,
    /// The account has deactivated AWS STS in the region, or has not enabled the region.
    RegionDisabled,
    /// The account is not signed up for the service, or has not enabled the region.
    NotSubscribed,
    /// The session policy and the session tags of `AssumeRole` are too large in total.
    PackedPolicyTooLarge,
    /// A quota of the AWS account is reached.
    LimitExceeded,
    /// The account that calls Organizations is in no organization, or is not the management
    /// account.
    NoOrganization,
    Throttled,
    ServiceFailure,
    /// Any other error. A retry does not help.
    Other,
}

/// Error codes of each kind, without the suffix `Exception`. Only some protocols of AWS append this
/// suffix.
const ERROR_CODES: &[(AwsErrorKind, &[&str])] = &[
    (
        AwsErrorKind::UnknownAccessKey,
        &["InvalidClientTokenId", "UnrecognizedClient", "InvalidAccessKeyId", "AuthFailure"],
    ),
    (
        AwsErrorKind::WrongSignature,
        &[
            "SignatureDoesNotMatch",
            "InvalidSignature",
            "IncompleteSignature",
            "MissingAuthenticationToken",
        ],
    ),
    (AwsErrorKind::Expired, &["ExpiredToken", "TokenRefreshRequired"]),
    (AwsErrorKind::ClockSkew, &["RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture"]),
    (AwsErrorKind::AccessDenied, &["UnauthorizedOperation", "Unauthorized", "NotAuthorized"]),
    (
        AwsErrorKind::NotFound,
        &[
            "NoSuchEntity",
            "ResourceNotFound",
            "AccountNotFound",
            "ChildNotFound",
            "ParentNotFound",
            "QueueDoesNotExist",
            "AWS.SimpleQueueService.NonExistentQueue",
            "NoSuchBucket",
        ],
    ),
    (AwsErrorKind::AlreadyExists, &["ResourceExists", "ResourceInUse", "EntityAlreadyExists"]),
    (AwsErrorKind::InvalidState, &["InvalidRequest"]),
    (
        AwsErrorKind::KmsFailure,
        &[
            "DecryptionFailure",
            "EncryptionFailure",
            "KmsAccessDenied",
            "KmsDisabled",
            "KmsInvalidKeyUsage",
            "KmsInvalidState",
            "KmsNotFound",
            "KmsOptInRequired",
        ],
    ),
    (AwsErrorKind::RegionDisabled, &["RegionDisabled"]),
    (AwsErrorKind::NotSubscribed, &["OptInRequired", "SubscriptionRequired"]),
    (AwsErrorKind::PackedPolicyTooLarge, &["PackedPolicyTooLarge"]),
    (
        AwsErrorKind::LimitExceeded,
        &["LimitExceeded", "ResourceLimitExceeded", "ServiceQuotaExceeded", "OverLimit"],
    ),
    (AwsErrorKind::NoOrganization, &["AWSOrganizationsNotInUse"]),
    (
        AwsErrorKind::Throttled,
        &[
            "Throttling",
            "Throttled",
            "RequestThrottled",
            "KmsThrottled",
            "TooManyRequests",
            "RequestLimitExceeded",
            "PriorRequestNotComplete",
            // IAM does not accept two changes of a role at the same time.
            "ConcurrentModification",
            "SlowDown",
            // S3 did not receive the body of the request in time.
            "RequestTimeout",
            "ProvisionedThroughputExceeded",
            // DynamoDB returns these codes while another request changes the item.
            "TransactionInProgress",
            "TransactionConflict",
            "ReplicatedWriteConflict",
        ],
    ),
    (
        AwsErrorKind::ServiceFailure,
        &[
            "InternalFailure",
            "InternalError",
            "InternalServiceError",
            "Service",
            "ServiceFailure",
            "ServiceUnavailable",
        ],
    ),
    // IAM returns this code with status 500 if it cannot evaluate a policy. A retry does not help.
    (AwsErrorKind::Other, &["PolicyEvaluation"]),
];

impl AwsErrorKind {
    /// Returns `true` if the same call may succeed later without any change.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Throttled | Self::ServiceFailure)
    }

    /// Returns the kind of an error code. `status` decides if Gangway does not know the code.
    pub fn from_code(code: &str, status: u16) -> Self {
        let code = code.strip_suffix("Exception").unwrap_or(code);
        match ERROR_CODES.iter().find(|(_, codes)| codes.contains(&code)) {
            Some((kind, _)) => *kind,
            None if code.starts_with("AccessDenied") => Self::AccessDenied,
            None if status == 429 => Self::Throttled,
            None if status >= 500 => Self::ServiceFailure,
            None => Self::Other,
        }
    }

    /// Returns the kind of an SDK error. Returns `None` if AWS has sent no error response.
    pub fn from_sdk<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<Self> {
        let service = error.as_service_error()?;
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        let kind = Self::from_code(service.code().unwrap_or_default(), status);
        // Secrets Manager returns this message if the identity may read the secret, but may not use
        // the KMS key of the secret.
        let is_of_kms = kind == Self::AccessDenied
            && service.message().is_some_and(|message| message.contains("Access to KMS"));
        Some(if is_of_kms { Self::KmsFailure } else { kind })
    }
}

/// Suffix of the reason of an error if the credentials of the call have expired.
const EXPIRED_SUFFIX: &str = ": they have expired";

/// Returns `true` if a call has failed because its credentials have expired. The same call with new
/// credentials may succeed.
pub fn is_expired(error: &UpstreamError) -> bool {
    matches!(error, UpstreamError::AccessDenied { reason, .. } if reason.ends_with(EXPIRED_SUFFIX))
}

/// Describes an AWS call in its error messages.
#[derive(Clone, Copy, Debug)]
pub struct ApiCall {
    /// Display name, such as [`IAM`].
    pub service: &'static str,
    /// IAM action that permits the call, such as `iam:GetRole`.
    pub action: &'static str,
    /// Completes the error message "{service} has no {resource}". Example: `such role`.
    pub resource: &'static str,
}

impl ApiCall {
    /// Converts the SDK error of this call. The result contains no message of AWS.
    pub fn to_upstream_error<E>(self, error: &SdkError<E, HttpResponse>) -> UpstreamError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let service = self.service;
        match error {
            SdkError::TimeoutError(_) => UpstreamError::TimedOut { service },
            // `ReqwestConnector` returns a user error if the deadline of the invocation has passed.
            SdkError::DispatchFailure(cause) if cause.is_timeout() || cause.is_user() => {
                UpstreamError::TimedOut { service }
            }
            SdkError::DispatchFailure(_)
            | SdkError::ConstructionFailure(_)
            | SdkError::ResponseError(_) => self.invalid_response(error_chain(error)),
            SdkError::ServiceError(_) => {
                let kind = AwsErrorKind::from_sdk(error).unwrap_or(AwsErrorKind::Other);
                self.to_error(kind, Some(error_code(error)))
            }
            _ => self.invalid_response("an error that the SDK does not name"),
        }
    }

    /// Returns the error for this call if AWS has returned an error of this kind. `code` is the
    /// error code of AWS.
    pub fn to_error(self, kind: AwsErrorKind, code: Option<&str>) -> UpstreamError {
        let Self { service, action, resource } = self;
        let denied = |reason: String| UpstreamError::AccessDenied { service, reason };
        match kind {
            AwsErrorKind::UnknownAccessKey | AwsErrorKind::WrongSignature => {
                denied(format!("the credentials for {action} are not valid"))
            }
            AwsErrorKind::Expired => {
                denied(format!("the credentials for {action} are not valid{EXPIRED_SUFFIX}"))
            }
            AwsErrorKind::ClockSkew => {
                denied(format!("{action} was rejected because the clocks differ"))
            }
            AwsErrorKind::AccessDenied => {
                denied(format!("allow {action} to the identity that calls it"))
            }
            AwsErrorKind::KmsFailure => denied(format!(
                "{action} requires that the KMS key is enabled, and that its policy and kms:Decrypt, for writes also kms:GenerateDataKey (parameter OtherKmsKeyArns for a key that is not the stack's), allow its use"
            )),
            AwsErrorKind::NotFound => UpstreamError::NotFound { service, resource },
            AwsErrorKind::AlreadyExists => UpstreamError::AlreadyExists { service },
            AwsErrorKind::Throttled => {
                UpstreamError::Throttled { service, retry_after: RETRY_AFTER }
            }
            AwsErrorKind::ServiceFailure => {
                self.invalid_response(format!("{action}: {}", sanitize_code(code)))
            }
            AwsErrorKind::RegionDisabled => UpstreamError::Rejected {
                service,
                reason: format!(
                    "{action} was answered with RegionDisabledException: activate AWS STS for this region in the account settings of IAM, or enable the region for the account"
                ),
            },
            AwsErrorKind::NotSubscribed => UpstreamError::Rejected {
                service,
                reason: format!(
                    "{action} was answered with {}: complete the sign-up of the AWS account, and enable the region for it",
                    sanitize_code(code)
                ),
            },
            AwsErrorKind::PackedPolicyTooLarge => UpstreamError::Rejected {
                service,
                reason: format!(
                    "{action} was answered with PackedPolicyTooLarge: use shorter names in the session policy, or pass on fewer session tags"
                ),
            },
            AwsErrorKind::LimitExceeded => UpstreamError::Rejected {
                service,
                reason: format!(
                    "{action} was answered with {}: a quota of the AWS account is reached; delete what is not needed, or raise the quota in Service Quotas",
                    sanitize_code(code)
                ),
            },
            AwsErrorKind::NoOrganization => UpstreamError::Rejected {
                service,
                reason: format!(
                    "{action} was answered with AWSOrganizationsNotInUseException: deploy the stack in the management account of an organization, or set the parameter OrganizationsRoleArn to a role there"
                ),
            },
            AwsErrorKind::InvalidState | AwsErrorKind::Other => UpstreamError::Rejected {
                service,
                reason: format!("{action} was answered with {}", sanitize_code(code)),
            },
        }
    }

    /// Returns the error for a response without a member that the documentation of AWS promises. A
    /// retry does not help.
    pub fn incomplete_response(self, missing: &str) -> UpstreamError {
        let Self { service, action, .. } = self;
        let reason = format!("{action} was answered incompletely: {missing}");
        UpstreamError::Rejected { service, reason }
    }

    /// Returns the error for a call that got no response, or a response that cannot be used.
    pub fn invalid_response(self, cause: impl Into<String>) -> UpstreamError {
        UpstreamError::Unavailable { service: self.service, source: cause.into().into() }
    }
}

/// Returns the error code of AWS in a form that a message may contain.
pub fn error_code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> &str {
    sanitize_code(error.as_service_error().and_then(ProvideErrorMetadata::code))
}

/// Returns the code if it has 1 to 64 characters and all are ASCII letters. Otherwise returns a
/// fixed text: an access key contains other characters, so this function never returns one.
fn sanitize_code(code: Option<&str>) -> &str {
    let is_word = |code: &&str| {
        (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    code.filter(is_word).unwrap_or("an error without a code")
}
