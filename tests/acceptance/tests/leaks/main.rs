//! No secret is told: unique ones go through every function, flow and fault at the most talkative level, and none is found in
//! any spelling. What looks for them finds every one that is told on purpose.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::tests_outside_test_module,
    reason = "a test program"
)]

mod classified_partitions;
mod debug_output;
mod detection;
mod faults;
mod flow;
mod invalid_input;
mod open_partitions;
mod search;
mod secret_types;
mod vending;
