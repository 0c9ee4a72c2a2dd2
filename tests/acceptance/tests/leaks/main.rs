//! Tests that Gangway exposes no secret. Every function handles unique secrets, with the most
//! verbose logging, with and without faults. Then no secret may be found in any encoding in what
//! Gangway sent, logged and stored. A function that leaks on purpose shows that the search finds
//! leaks.
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
