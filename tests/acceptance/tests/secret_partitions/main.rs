//! The secret partitions, row by row of the acceptance table: keys with their authority, and keys through the access portal.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test program: what is not as it should be ends the test"
)]

mod account;
mod addresses;
mod certificates;
mod choices;
mod edition;
mod hops;
mod keys;
mod permissions;
mod portal;
mod refusals;
mod reports;
mod rotation;
mod secrecy;
mod session;
mod tls;
mod way;
