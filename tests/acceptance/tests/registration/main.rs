//! How registrations behave, from outside: real binaries, a strict local cloud, both methods, two partitions.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::tests_outside_test_module,
    reason = "a test program"
)]

mod concurrency;
mod crash;
mod faults;
mod hops;
mod idempotency;
mod listing;
mod matrix;
mod replace;
mod revalidate;
mod scene;
mod scopes;
mod state;
mod triggers;
mod trouble;
mod upstream;
mod vault;
