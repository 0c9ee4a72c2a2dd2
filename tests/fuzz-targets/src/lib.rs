//! Every parser of external input as a function of bytes, which panics if an invariant does not hold.
//!
//! `cargo test` runs each with its corpus and mutations of it; `make fuzz` searches for more with libFuzzer.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a violated invariant ends the program, which is how a fuzzer notices it"
)]

mod answers;
mod documents;
mod events;
pub mod mutate;
mod pem;
mod requests;
mod secrets;
mod settings;
mod texts;
mod trust;

/// A marker in the inputs that no error message may repeat.
pub const CANARY: &str = "Zx9QqW8eRt7Y";

/// A parser.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of the fuzz target and of its folder in the corpus.
    pub name: &'static str,
    /// Parses the input and checks the invariants.
    pub run: fn(&[u8]),
}

/// All parsers.
pub const TARGETS: [Target; 15] = [
    Target { name: "request", run: requests::request },
    Target { name: "members", run: requests::members },
    Target { name: "schedule", run: events::schedule },
    Target { name: "batch", run: events::batch },
    Target { name: "vended", run: events::vended },
    Target { name: "pem", run: pem::pem },
    Target { name: "texts", run: texts::texts },
    Target { name: "patterns", run: texts::patterns },
    Target { name: "policy", run: documents::policy },
    Target { name: "trust", run: trust::document },
    Target { name: "trust-made", run: trust::generated },
    Target { name: "palette", run: answers::palette },
    Target { name: "portal", run: answers::portal },
    Target { name: "secret", run: secrets::secret },
    Target { name: "settings", run: settings::settings },
];

/// Runs the parser of this name.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of that name");
    (target.run)(data);
}

/// Asserts that a message does not contain the canary.
pub(crate) fn assert_no_leak(message: &str) {
    assert!(!message.contains(CANARY), "the message contains a value of the input: {message}");
}
