//! The table of codes.

use super::*;

const CALL: Call = Call { service: IAM, action: "iam:GetRole", what: "such role" };

#[test]
fn codes_mean_the_same_in_every_protocol() {
    for (code, status, refusal) in [
        ("InvalidClientTokenId", 403, Refusal::UnknownKey),
        ("UnrecognizedClientException", 400, Refusal::UnknownKey),
        ("SignatureDoesNotMatch", 403, Refusal::WrongSecret),
        ("InvalidSignatureException", 400, Refusal::WrongSecret),
        ("ExpiredToken", 403, Refusal::Expired),
        ("ExpiredTokenException", 400, Refusal::Expired),
        ("RequestExpired", 400, Refusal::Clock),
        ("RequestTimeTooSkewed", 403, Refusal::Clock),
        ("AccessDenied", 403, Refusal::NotAllowed),
        ("AccessDeniedException", 400, Refusal::NotAllowed),
        ("NoSuchEntity", 404, Refusal::NotFound),
        ("ResourceNotFoundException", 400, Refusal::NotFound),
        ("ResourceExistsException", 400, Refusal::Exists),
        ("InvalidRequestException", 400, Refusal::WrongState),
        ("DecryptionFailure", 400, Refusal::Encryption),
        ("Throttling", 400, Refusal::Throttled),
        ("ThrottlingException", 400, Refusal::Throttled),
        ("TooFast", 429, Refusal::Throttled),
        ("ServiceFailure", 500, Refusal::Broken),
        ("", 503, Refusal::Broken),
        ("ValidationError", 400, Refusal::Other),
        ("", 400, Refusal::Other),
    ] {
        assert_eq!(Refusal::of(code, status), refusal, "{code} {status}");
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
fn refusals_of_our_own_calls_say_which_action_to_allow() {
    let told = |refusal, code| CALL.refused(refusal, code).to_string();
    for (refusal, words) in [
        (Refusal::NotAllowed, "allow iam:GetRole"),
        (Refusal::NotFound, "AWS IAM has no such role"),
        (Refusal::Throttled, "too often"),
        (Refusal::Expired, "not valid"),
        (Refusal::Encryption, "KMS key"),
        (Refusal::Broken, "not available"),
    ] {
        assert!(told(refusal, None).contains(words), "{refusal:?}: {}", told(refusal, None));
    }
    assert!(told(Refusal::Other, Some("MalformedInput")).ends_with("MalformedInput"));
    let told = told(Refusal::Other, Some("User: arn:aws:iam::1:user/x is not authorized"));
    assert!(!told.contains("user/x"), "{told}");
}
