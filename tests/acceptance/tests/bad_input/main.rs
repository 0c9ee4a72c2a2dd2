//! Wrong requests, by the hundred, to the real binaries: each is told its fault and what to send instead, none reaches
//! Palette, none leaves a secret behind, none ends a process.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test program: what is not as it should be ends the test"
)]

mod account_sweep;
mod accounts;
mod bodies;
mod case;
mod fields;
mod incoming_secrets;
mod pod_identity;
mod response;
mod runner;
mod scap;
mod static_credentials;
mod sts;
mod sts_in_classified;

/// A secret that is wrong wherever it stands.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// An access key id that is well written.
const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";

/// Pieces of the secret, none of which may ever come back.
const SECRET_FRAGMENTS: [&str; 4] = ["wJalr", "FEMI/K7", "bPxRfi", "EXAMPLEKEY"];

/// What the issue asks for.
const MIN_CASES: usize = 60;

#[test]
fn each_function_receives_at_least_sixty_invalid_requests() {
    for (function, invalid_requests) in [
        ("static-credentials", static_credentials::invalid_requests()),
        ("sts", sts::invalid_requests()),
        ("pod-identity", pod_identity::invalid_requests()),
        ("accounts", accounts::invalid_requests()),
    ] {
        assert!(invalid_requests.len() >= MIN_CASES, "{function}: {}", invalid_requests.len());
        let mut names: Vec<_> = invalid_requests.iter().map(|case| &case.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), invalid_requests.len(), "{function}: two rows of one name");
    }
}
