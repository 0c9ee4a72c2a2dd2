//! Accounts that register themselves as resources of CloudFormation stacks.
#![expect(clippy::expect_used, clippy::tests_outside_test_module, reason = "tests")]

mod account_stack;
mod fixture;
mod invalid;
mod life_cycle;
mod origin;
mod upstream;
