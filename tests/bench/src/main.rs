//! `make bench`: measures what the functions cost, and compares each value with a threshold. Exits
//! with 1 if a threshold is violated.
//!
//! Arguments select parts: `functions`, `registrations`, `vending`, `watch`,
//! `peer`; the default is all.
//! `--readme` writes the tables of the last complete run into docs/performance.md.
#![expect(clippy::print_stdout, reason = "a program that people read")]

mod functions;
mod markdown;
mod peer;
mod process;
mod registrations;
mod requests;
mod run;
mod samples;
mod setup;
mod test_accounts;
mod thresholds;
mod vending;
mod watch;

use std::{error::Error, fs, path::PathBuf, process::ExitCode};

use local_cloud::cloudformation::Template;
use serde_json::{Value, json};
use thresholds::Thresholds;

type BoxError = Box<dyn Error + Send + Sync>;

const PARTS: [&str; 5] = ["functions", "registrations", "vending", "watch", "peer"];

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--readme") {
        write_tables_to_docs()?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(unknown) = arguments.iter().find(|one| !PARTS.contains(&one.as_str())) {
        return Err(format!("{unknown} is no part: {}", PARTS.join(", ")).into());
    }
    let chosen = |part: &str| arguments.is_empty() || arguments.iter().any(|one| one == part);
    let template = Template::from_repository()?;
    let (mut thresholds, mut found) = (Thresholds::default(), json!({ "cores": cores() }));
    let mut note = |part: &str, rows: Value| {
        println!("{}", markdown::render_tables(&json!({ part: rows })));
        if let Some(found) = found.as_object_mut() {
            found.insert(part.to_owned(), rows);
        }
    };
    let mut validation = f64::NAN;
    // Vending is compared with a validation of the same run.
    if chosen("functions") || chosen("vending") {
        let (rows, cpu_time) = functions::run(&template, &mut thresholds).await?;
        validation = cpu_time;
        note("functions", rows);
    }
    if chosen("registrations") {
        note("registrations", registrations::run(&template, &mut thresholds).await?);
    }
    if chosen("vending") {
        note("vending", vending::run(&template, validation, &mut thresholds).await?);
    }
    if chosen("watch") {
        note("watch", watch::run(&template, &mut thresholds).await?);
    }
    if chosen("peer") {
        let python = path_from_env("PEER_PYTHON")
            .ok_or("PEER_PYTHON must name a Python with tests/bench/peer/requirements.txt")?;
        note("peer", peer::run(&template, &python, &mut thresholds).await?);
    }
    if let Some(found) = found.as_object_mut() {
        found.insert("thresholds".to_owned(), thresholds.to_json());
    }
    if arguments.is_empty() {
        fs::write(results_path(), format!("{found:#}\n"))?;
        println!("All of it, with least and most: {}", results_path().display());
    }
    let violations = thresholds.violations();
    if violations.is_empty() {
        println!("Every value is below its threshold.");
        return Ok(ExitCode::SUCCESS);
    }
    println!("Violated thresholds:\n{}", violations.join("\n"));
    Ok(ExitCode::FAILURE)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn path_from_env(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from)
}

/// Returns the path of the file with the results of a complete run.
fn results_path() -> PathBuf {
    path_from_env("GANGWAY_BINARIES").unwrap_or_default().join("../bench.json")
}

fn write_tables_to_docs() -> Result<(), BoxError> {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/performance.md");
    let found: Value = serde_json::from_str(&fs::read_to_string(results_path())?)?;
    let written =
        markdown::replace_tables(&fs::read_to_string(&page)?, &markdown::render_tables(&found));
    fs::write(page, written.ok_or("docs/performance.md has no marks for the tables")?)?;
    Ok(())
}
