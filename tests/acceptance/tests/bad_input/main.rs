//! Wrong requests, by the hundred, to the real binaries: each is told its fault and what to send instead, none reaches
//! Palette, none leaves a secret behind, none ends a process.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test program: what is not as it should be ends the test"
)]

mod accounts;
mod answer;
mod bodies;
mod incoming;
mod iso;
mod pod_identity;
mod row;
mod scap;
mod settings;
mod static_credentials;
mod sts;
mod sweep;
mod trial;

/// A secret that is wrong wherever it stands.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// An access key id that is well written.
const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";

/// Pieces of the secret, none of which may ever come back.
const MARKS: [&str; 4] = ["wJalr", "FEMI/K7", "bPxRfi", "EXAMPLEKEY"];

/// What the issue asks for.
const LEAST_ROWS: usize = 60;

#[test]
fn each_function_is_sent_at_least_sixty_wrong_requests() {
    for (function, rows) in [
        ("static-credentials", static_credentials::rows()),
        ("sts", sts::rows()),
        ("pod-identity", pod_identity::rows()),
        ("accounts", accounts::rows()),
    ] {
        assert!(rows.len() >= LEAST_ROWS, "{function}: {}", rows.len());
        let mut names: Vec<_> = rows.iter().map(|row| &row.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), rows.len(), "{function}: two rows of one name");
    }
}
