//! Access keys rotate: the four steps of Secrets Manager, through the real function.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "tests"
)]

mod concurrent;
mod crashes;
mod fixture;
mod fleet;
mod refusals;
mod requests;
