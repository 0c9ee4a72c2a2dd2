//! Tests of account vending: events about AWS accounts reach a queue, and the function
//! `account-vended` registers or removes the accounts.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "a test program"
)]

mod audit;
mod dead_letters;
mod fixture;
mod grace_period;
mod idempotency;
mod late_and_foreign_events;
mod load;
mod management_account;
mod member_access;
mod organizational_units;
mod paired_accounts;
mod policy_updates;
mod projects;
mod rate_limit;
mod removal;
mod sample_events;
mod settings;
mod sweep;
mod unmanaged_roles;
