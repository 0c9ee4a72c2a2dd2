//! Accounts that come aboard by themselves: events on a bus, a queue, Lambda's pollers, the real binaries.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "a test program"
)]

mod again;
mod foreign;
mod leaving;
mod letters;
mod managed;
mod paced;
mod projects;
mod scene;
mod settings;
mod storm;
mod sweep;
mod table;
mod twins;
mod units;
mod versions;
mod young;
