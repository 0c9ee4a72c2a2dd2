//! EKS Pod Identity: accounts that Palette's pods enter through roles that EKS gives them. Everything through the real
//! function, against a cluster that is set up well and then broken in one way after the other.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test program: what is not as expected ends the test"
)]

mod account;
mod associations;
mod cluster;
mod cross_account;
mod elsewhere;
mod ensure;
mod hops;
mod left_alone;
mod look_again;
mod method;
mod pods;
mod requests;
mod right;
mod same_account;
mod ways;
