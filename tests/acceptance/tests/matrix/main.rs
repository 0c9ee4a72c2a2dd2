//! Tests each flow of each function with faults. A run without faults records the calls that the
//! function makes. Then each of these calls fails in each way, in a run of its own. The response of
//! that run must be true. When the request is repeated without faults, the stored state must become
//! the same as after a run without faults. `coverage` tests that every function and every trigger
//! has a flow.
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
