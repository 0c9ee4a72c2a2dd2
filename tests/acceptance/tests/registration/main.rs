//! How registrations behave, from outside: real binaries, a strict local cloud, both methods, two partitions.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "a test program"
)]

mod hops;
mod idempotency;
mod listing;
mod removal;
mod replace;
mod revalidate;
mod scene;
mod scopes;
mod state;
mod triggers;
mod upstream;
mod vault;
