//! Tests of the rotation of access keys. The local Secrets Manager invokes the function
//! `key-rotation` with its four steps.
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
mod watch;
