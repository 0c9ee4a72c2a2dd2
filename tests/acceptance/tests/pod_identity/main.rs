//! Tests method `pod-identity` with the real binary. The cluster is set up correctly first, and
//! then broken in one way at a time.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test program"
)]

mod account;
mod associations;
mod breakages;
mod cluster;
mod cluster_in_other_account;
mod cross_account;
mod ensure;
mod fixture;
mod network_calls;
mod pods;
mod registration;
mod replacement;
mod requests;
mod revalidation;
mod same_account;
mod unchanged_associations;
