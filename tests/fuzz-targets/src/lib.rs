//! Every parser of external input as a function of bytes, which panics if an invariant does not
//! hold.
//!
//! `cargo test` runs each parser with its corpus and with mutations of the corpus. `make fuzz` runs
//! libFuzzer on one parser.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a violated invariant ends the program, which is how a fuzzer notices it"
)]

mod documents;
mod events;
pub mod mutate;
mod pem;
mod requests;
mod responses;
mod secrets;
mod settings;
mod texts;
mod trust;

/// A marker in the inputs that no error message may repeat.
pub const CANARY: &str = "Zx9QqW8eRt7Y";

/// A parser of external input, with checks of its invariants.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of the fuzz target and of its folder in the corpus.
    pub name: &'static str,
    /// Parses the input and checks the invariants.
    pub run: fn(&[u8]),
}

/// All parsers.
pub const TARGETS: [Target; 15] = [
    Target { name: "request", run: requests::parse_request },
    Target { name: "members", run: requests::parse_members },
    Target { name: "schedule", run: events::parse_schedule },
    Target { name: "batch", run: events::parse_batch },
    Target { name: "vended", run: events::parse_vended },
    Target { name: "pem", run: pem::parse_pem },
    Target { name: "texts", run: texts::parse_texts },
    Target { name: "patterns", run: texts::match_patterns },
    Target { name: "policy", run: documents::compare_policy },
    Target { name: "trust", run: trust::check_json },
    Target { name: "trust-made", run: trust::check_generated_policy },
    Target { name: "palette", run: responses::parse_palette_response },
    Target { name: "portal", run: responses::parse_portal_response },
    Target { name: "secret", run: secrets::parse_secret },
    Target { name: "settings", run: settings::parse_settings },
];

/// Runs the parser of this name.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of that name");
    (target.run)(data);
}

/// Asserts that an error message does not contain [`CANARY`].
pub(crate) fn assert_no_leak(message: &str) {
    assert!(!message.contains(CANARY), "the message contains a value of the input: {message}");
}
