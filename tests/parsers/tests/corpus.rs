//! The corpus and its offspring, always the same: what was found once stays mended.
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

use parsers::{
    PLANTED, TARGETS, Target,
    mutate::{Dice, child},
};

/// Children of all of a target's inputs together.
const CHILDREN: usize = 3000;
/// In a debug build on a busy machine.
const LONGEST: Duration = Duration::from_secs(30);

fn corpus(target: Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|fault| panic!("{}: {fault}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths.into_iter().map(|path| (path.clone(), fs::read(&path).expect("a file"))).collect()
}

/// Runs it, and tells how to run it again where it fails.
fn hold(target: Target, input: &[u8], from: &str) {
    let started = Instant::now();
    if catch_unwind(|| (target.run)(input)).is_err() {
        let shown: String = String::from_utf8_lossy(input).chars().take(2000).collect();
        panic!("{} breaks a promise with {from}:\n{shown}", target.name);
    }
    assert!(started.elapsed() < LONGEST, "{} takes too long with {from}", target.name);
}

#[test]
fn every_input_of_the_corpus_and_its_children_keep_the_promises() {
    for target in TARGETS {
        let inputs = corpus(target);
        for (path, input) in &inputs {
            hold(target, input, &path.display().to_string());
        }
        let started = Instant::now();
        for seed in 0..CHILDREN {
            let mut dice = Dice::new(u64::try_from(seed).unwrap_or(0));
            let (path, parent) = &inputs[seed % inputs.len()];
            let (_, other) = &inputs[dice.throw(inputs.len())];
            let made = child(parent, other, &mut dice);
            hold(target, &made, &format!("seed {seed} of {}", path.display()));
        }
        println!(
            "{}: {} inputs, {CHILDREN} children in {:.1?}",
            target.name,
            inputs.len(),
            started.elapsed()
        );
    }
}

#[test]
fn huge_and_deep_inputs_take_neither_long_nor_the_stack() {
    let six = 6 * 1024 * 1024;
    let long_list = format!("[{}1]", "1,".repeat(six / 2));
    let members = (0..200_000).map(|n| format!("\"member{n}\":{n},")).collect::<Vec<_>>().concat();
    for target in TARGETS {
        let (_, first) = corpus(target).swap_remove(0);
        for (what, input) in [
            ("brackets", "[".repeat(six).into_bytes()),
            ("objects", "{\"a\":".repeat(six / 5).into_bytes()),
            ("quotes", "\"".repeat(six).into_bytes()),
            ("letters", "A".repeat(six).into_bytes()),
            ("the word", PLANTED.repeat(six / PLANTED.len()).into_bytes()),
            ("lines", "-----BEGIN CERTIFICATE-----\n".repeat(six / 28).into_bytes()),
            ("numbers", long_list.clone().into_bytes()),
            ("members", format!("{{{members}\"a\":1}}").into_bytes()),
            ("a digit of many", format!("{{\"name\":{}}}", "9".repeat(six)).into_bytes()),
            ("copies", first.repeat(six / first.len().max(1))),
            ("bytes", vec![0xff; six]),
        ] {
            hold(target, &input, &format!("6 MB of {what}"));
        }
    }
}
