//! Runs every parser with its corpus, and with the same mutations of the corpus in every run.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "a test program"
)]

use std::{
    fs,
    panic::catch_unwind,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use fuzz_targets::{
    CANARY, TARGETS, Target,
    mutate::{Rng, mutate},
};

/// Number of mutations for each parser.
const MUTATIONS: usize = 3000;
/// Time limit for one input. Long, because a debug build on a busy machine is slow.
const TIME_LIMIT: Duration = Duration::from_secs(30);

fn read_corpus(target: Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|fault| panic!("{}: {fault}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths.into_iter().map(|path| (path.clone(), fs::read(&path).expect("a file"))).collect()
}

/// Runs a parser and reports on failure how to reproduce it.
fn check(target: Target, input: &[u8], from: &str) {
    let started = Instant::now();
    if catch_unwind(|| (target.run)(input)).is_err() {
        let shown: String = String::from_utf8_lossy(input).chars().take(2000).collect();
        panic!("{} violates an invariant with {from}:\n{shown}", target.name);
    }
    assert!(started.elapsed() < TIME_LIMIT, "{} takes too long with {from}", target.name);
}

#[test]
fn every_parser_holds_its_invariants_for_corpus_and_mutations() {
    for target in TARGETS {
        let inputs = read_corpus(target);
        for (path, input) in &inputs {
            check(target, input, &path.display().to_string());
        }
        let started = Instant::now();
        for seed in 0..MUTATIONS {
            let mut rng = Rng::new(u64::try_from(seed).unwrap_or(0));
            let (path, parent) = &inputs[seed % inputs.len()];
            let (_, other) = &inputs[rng.gen_range(inputs.len())];
            let made = mutate(parent, other, &mut rng);
            check(target, &made, &format!("seed {seed} of {}", path.display()));
        }
        println!(
            "{}: {} inputs, {MUTATIONS} children in {:.1?}",
            target.name,
            inputs.len(),
            started.elapsed()
        );
    }
}

#[test]
fn huge_and_deep_inputs_are_parsed_within_the_time_limit() {
    let six = 6 * 1024 * 1024;
    let long_list = format!("[{}1]", "1,".repeat(six / 2));
    let members = (0..200_000).map(|n| format!("\"member{n}\":{n},")).collect::<Vec<_>>().concat();
    for target in TARGETS {
        let (_, first) = read_corpus(target).swap_remove(0);
        for (what, input) in [
            ("brackets", "[".repeat(six).into_bytes()),
            ("objects", "{\"a\":".repeat(six / 5).into_bytes()),
            ("quotes", "\"".repeat(six).into_bytes()),
            ("letters", "A".repeat(six).into_bytes()),
            ("the word", CANARY.repeat(six / CANARY.len()).into_bytes()),
            ("lines", "-----BEGIN CERTIFICATE-----\n".repeat(six / 28).into_bytes()),
            ("numbers", long_list.clone().into_bytes()),
            ("members", format!("{{{members}\"a\":1}}").into_bytes()),
            ("a digit of many", format!("{{\"name\":{}}}", "9".repeat(six)).into_bytes()),
            ("copies", first.repeat(six / first.len().max(1))),
            ("bytes", vec![0xff; six]),
        ] {
            check(target, &input, &format!("6 MB of {what}"));
        }
    }
}
