//! Every flow of every function with faults: the calls of a run without faults are recorded, then
//! each call fails in every way. Each response must be true, and the same request without faults
//! must end in the same state as an undisturbed run. The recording covers new calls automatically;
//! `coverage` checks that no function and no trigger is left out.
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
mod outcome_check;
mod recording;
mod runner;
mod state;
