//! Sends hundreds of invalid requests to the real binaries. Tests that each response names the
//! invalid member and the remedy, and that no request reaches Palette, changes a secret or ends the
//! process.
#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test program")]

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

/// A secret access key. Every request that contains it is invalid.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// A valid access key id.
const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";

/// Fragments of [`SECRET`]. No response and no log line may contain one of them.
const SECRET_FRAGMENTS: [&str; 4] = ["wJalr", "FEMI/K7", "bPxRfi", "EXAMPLEKEY"];

/// The minimum number of cases for each function.
const MIN_CASES: usize = 60;

#[test]
fn each_function_has_at_least_sixty_cases_with_distinct_names() {
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
        assert_eq!(names.len(), invalid_requests.len(), "{function}: two cases of one name");
    }
}
