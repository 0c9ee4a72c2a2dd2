//! The target that this binary is named for.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| fuzz_targets::run(env!("CARGO_BIN_NAME"), data));
