//! The acceptance table, row by row: what a portal sees of the real binaries, and what became of the world.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test program: what is not as it should be ends the test"
)]

mod accounts;
mod blind;
mod choices;
mod keys;
mod permissions;
mod plan;
mod profiles;
mod reports;
mod role;
mod secrecy;
mod session;
mod source;
mod stack;
mod told;
mod trust;
mod watching;
mod way;
