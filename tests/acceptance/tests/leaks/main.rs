//! No secret leaks: unique secrets pass through every function, flow and fault with the most
//! verbose logging, and none is found in any encoding. The search itself is tested with secrets
//! that are leaked on purpose.
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
mod rotation;
mod search;
mod secret_types;
mod vending;
