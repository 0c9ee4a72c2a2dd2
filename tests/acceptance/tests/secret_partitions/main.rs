//! Acceptance tests of the classified partitions: access keys with CA certificates, and credentials
//! of the access portal.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test program"
)]

mod access_keys;
mod account;
mod certificate_rotation;
mod certificates;
mod network_calls;
mod palette_session;
mod permissions;
mod policies_and_gateways;
mod portal;
mod portal_address;
mod portal_errors;
mod prerequisites;
mod reports;
mod secrets;
mod tls;
