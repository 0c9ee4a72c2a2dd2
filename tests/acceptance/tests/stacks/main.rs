//! Tests of the custom resource with which a CloudFormation stack registers its AWS account.
#![expect(clippy::expect_used, clippy::tests_outside_test_module, reason = "tests")]

mod account_stack;
mod fixture;
mod invalid;
mod life_cycle;
mod origin;
mod upstream;
