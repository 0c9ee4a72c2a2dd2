//! Every function and every flow: each call that a run makes is recorded, and then goes wrong in every way, one at a time.
//! Whatever was answered is true, and the same request in fair weather ends as one undisturbed run does. The points come
//! from the recording, so that code which asks something new is covered by itself; `guard` holds that no function and no way
//! into one is left out.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::tests_outside_test_module,
    reason = "a test program"
)]

mod concurrent;
mod coverage;
mod crash;
mod fault_case;
mod fault_run;
mod faults;
mod fixture;
mod flow;
mod flows;
mod recording;
mod runner;
mod state;
mod verdict;
