//! Lines on standard output, from where Lambda takes them to `CloudWatch`.

use std::io::Write as _;

use serde::Serialize;

/// Writes one line of JSON, at once. A line that cannot be written is lost: there is nowhere to say so.
pub(crate) fn write_json_line(json: &impl Serialize) {
    let Ok(mut line) = serde_json::to_vec(json) else { return };
    line.push(b'\n');
    drop(std::io::stdout().lock().write_all(&line));
}
