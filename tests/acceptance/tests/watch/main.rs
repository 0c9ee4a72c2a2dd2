//! Tests of the watch: it validates registered accounts again, and publishes changes of readiness.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "tests"
)]

mod crashes;
mod credentials;
mod delivery;
mod drift;
mod expirations;
mod fixture;
mod foreign_accounts;
mod kinds;
mod load;
mod outages;
mod readiness;
mod reports;
mod runs;
