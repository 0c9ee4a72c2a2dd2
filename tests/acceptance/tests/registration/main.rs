//! Tests of registrations in the commercial partition and in GovCloud, with access keys and with
//! STS.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "a test program"
)]

mod dropped_annotations;
mod idempotency;
mod listing;
mod names;
mod network_calls;
mod outcome_events;
mod removal;
mod replacement;
mod reserved_names;
mod revalidate;
mod routes;
mod scopes;
mod secrets;
mod state;
mod triggers;
mod upstream;
