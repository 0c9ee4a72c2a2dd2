//! Every parser of what comes from outside, as a function of bytes that ends the program where a promise is broken.
//!
//! `cargo test` puts the corpus and its offspring through each; `make fuzz` lets libFuzzer look for more.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a broken promise ends the program: that is how a fuzzer is told"
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

/// A word that no answer of ours may repeat, though inputs are full of it.
pub const PLANTED: &str = "Zx9QqW8eRt7Y";

/// A parser.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its folder in the corpus, and the fuzzer's name for it.
    pub name: &'static str,
    /// Reads, and sees that what must hold does.
    pub run: fn(&[u8]),
}

/// All of them.
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
    Target { name: "trust-made", run: trust::made },
    Target { name: "palette", run: answers::palette },
    Target { name: "portal", run: answers::portal },
    Target { name: "secret", run: secrets::secret },
    Target { name: "settings", run: settings::settings },
];

/// Runs one by its name.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of that name");
    (target.run)(data);
}

/// Nothing that is told may hold the word.
pub(crate) fn assert_silent(told: &str) {
    assert!(!told.contains(PLANTED), "an input's value is repeated: {told}");
}
