//! Writes `openapi.json`. With `--check`, checks that it matches the types.
#![expect(clippy::print_stderr, reason = "a program that people read")]

use std::{fs, io, path::Path, process::ExitCode};

fn main() -> io::Result<ExitCode> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json"));
    let text = format!("{:#}\n", openapi::document());
    let written = fs::read_to_string(path).unwrap_or_default();
    if written == text {
        return Ok(ExitCode::SUCCESS);
    }
    if std::env::args().any(|argument| argument == "--check") {
        eprintln!("error: openapi.json is not what the types make: make openapi");
        return Ok(ExitCode::FAILURE);
    }
    fs::write(path, text)?;
    eprintln!("wrote openapi.json");
    Ok(ExitCode::SUCCESS)
}
