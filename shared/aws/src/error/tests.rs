//! Error codes and messages.

use super::*;

const CALL: ApiCall = ApiCall { service: IAM, action: "iam:GetRole", resource: "such role" };

#[test]
fn error_codes_are_recognized_in_every_protocol() {
    for (code, status, kind) in [
        ("InvalidClientTokenId", 403, AwsErrorKind::UnknownAccessKey),
        ("UnrecognizedClientException", 400, AwsErrorKind::UnknownAccessKey),
        ("SignatureDoesNotMatch", 403, AwsErrorKind::WrongSignature),
        ("InvalidSignatureException", 400, AwsErrorKind::WrongSignature),
        ("ExpiredToken", 403, AwsErrorKind::Expired),
        ("ExpiredTokenException", 400, AwsErrorKind::Expired),
        ("RequestExpired", 400, AwsErrorKind::ClockSkew),
        ("RequestTimeTooSkewed", 403, AwsErrorKind::ClockSkew),
        ("AccessDenied", 403, AwsErrorKind::AccessDenied),
        ("AccessDeniedException", 400, AwsErrorKind::AccessDenied),
        ("NoSuchEntity", 404, AwsErrorKind::NotFound),
        ("ResourceNotFoundException", 400, AwsErrorKind::NotFound),
        ("ResourceExistsException", 400, AwsErrorKind::AlreadyExists),
        ("InvalidRequestException", 400, AwsErrorKind::InvalidState),
        ("DecryptionFailure", 400, AwsErrorKind::KmsFailure),
        ("RegionDisabledException", 403, AwsErrorKind::RegionDisabled),
        ("PackedPolicyTooLarge", 400, AwsErrorKind::PackedPolicyTooLarge),
        ("PolicyEvaluation", 500, AwsErrorKind::Other),
        ("Throttling", 400, AwsErrorKind::Throttled),
        ("ThrottlingException", 400, AwsErrorKind::Throttled),
        ("ProvisionedThroughputExceededException", 400, AwsErrorKind::Throttled),
        ("TransactionInProgressException", 400, AwsErrorKind::Throttled),
        ("TooFast", 429, AwsErrorKind::Throttled),
        ("ServiceFailure", 500, AwsErrorKind::ServiceFailure),
        ("", 503, AwsErrorKind::ServiceFailure),
        ("ValidationError", 400, AwsErrorKind::Other),
        ("", 400, AwsErrorKind::Other),
    ] {
        assert_eq!(AwsErrorKind::from_code(code, status), kind, "{code} {status}");
    }
}

#[test]
fn no_code_is_listed_twice() {
    let mut codes: Vec<_> = CODES.iter().flat_map(|(_, codes)| codes.iter()).collect();
    let listed = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), listed);
}

#[test]
fn errors_name_the_action_to_allow() {
    let message = |kind, code| CALL.error_of_kind(kind, code).to_string();
    for (kind, words) in [
        (AwsErrorKind::AccessDenied, "allow iam:GetRole"),
        (AwsErrorKind::NotFound, "AWS IAM has no such role"),
        (AwsErrorKind::Throttled, "limits the request rate"),
        (AwsErrorKind::Expired, "not valid"),
        (AwsErrorKind::KmsFailure, "KMS key"),
        (AwsErrorKind::ServiceFailure, "not available"),
    ] {
        assert!(message(kind, None).contains(words), "{kind:?}: {}", message(kind, None));
    }
    assert!(message(AwsErrorKind::Other, Some("MalformedInput")).ends_with("MalformedInput"));
    let message =
        message(AwsErrorKind::Other, Some("User: arn:aws:iam::1:user/x is not authorized"));
    assert!(!message.contains("user/x"), "{message}");
}
