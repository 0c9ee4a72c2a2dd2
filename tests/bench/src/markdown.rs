//! Renders the results as Markdown tables.

use std::fmt::Write as _;

use serde_json::Value;

const BEGIN: &str = "<!-- Written by `make bench README=1`. -->";
const END: &str = "<!-- Until here. -->";

/// A column: heading, JSON pointer into the row, and unit.
type Column = (&'static str, &'static str, Unit);

#[derive(Clone, Copy)]
enum Unit {
    Text,
    Code,
    Count,
    Ms,
    Mb,
    Times,
}

/// Renders every table that has rows.
pub(crate) fn render_tables(found: &Value) -> String {
    let mut text = String::new();
    let mut table = |title: &str, part: &str, columns: &[Column]| {
        let rows = found.get(part).and_then(Value::as_array).cloned().unwrap_or_default();
        if !rows.is_empty() {
            // Writing into a String cannot fail.
            let _infallible = write!(text, "{title}\n\n{}\n", render_table(&rows, columns));
        }
    };
    table(
        "Each function, compared with `hello`, a function on `lambda_runtime` that does nothing. The upstream services respond without delay:",
        "functions",
        &[
            ("function", "/function", Unit::Code),
            ("request", "/request", Unit::Text),
            ("calls", "/calls", Unit::Count),
            ("process start to first poll", "/firstPollMs/median", Unit::Ms),
            ("process start to first response", "/firstAnswerMs/median", Unit::Ms),
            ("warm response", "/warmAnswerMs/median", Unit::Ms),
            ("CPU time, warm", "/onProcessorMs/median", Unit::Ms),
            ("memory", "/usedMemoryMb/median", Unit::Mb),
            ("zip", "/zipMb", Unit::Mb),
        ],
    );
    table(
        "A warm request if every upstream call takes 20 ms, compared with the least time that its hops need:",
        "registrations",
        &[
            ("function", "/function", Unit::Code),
            ("request", "/what", Unit::Text),
            ("calls", "/calls", Unit::Count),
            ("hops", "/hops", Unit::Count),
            ("hops × 20 ms", "/hopSumMs", Unit::Ms),
            ("median", "/tookMs/median", Unit::Ms),
            ("minimum", "/tookMs/least", Unit::Ms),
            ("minimum ÷ (hops × 20 ms)", "/ratio", Unit::Times),
        ],
    );
    table(
        "Whole organizations, without Palette's limit of 10 requests per second:",
        "vending",
        &[
            ("", "/what", Unit::Text),
            ("calls per account", "/callsEach", Unit::Times),
            ("CPU time of the function, per account", "/functionMs", Unit::Ms),
            ("CPU time of the local cloud, per account", "/cloudMs", Unit::Ms),
            ("accounts per second of CPU time", "/accountsPerCoreSecond", Unit::Count),
            ("accounts per second, measured", "/accountsPerSecond", Unit::Count),
            ("memory", "/peakMemoryMb", Unit::Mb),
        ],
    );
    table(
        "A run of the watch over accounts that are well. The hours are the requests to Palette, at four a second:",
        "watch",
        &[
            ("", "/what", Unit::Text),
            ("Palette requests per account", "/paletteEach", Unit::Times),
            ("list pages per 50 accounts", "/pagesPer50", Unit::Times),
            ("IAM simulations per account", "/simulationsEach", Unit::Times),
            ("table writes per account", "/writesEach", Unit::Times),
            ("hours", "/hours", Unit::Times),
            ("CPU time of the function, per account", "/functionMs", Unit::Ms),
            ("memory", "/peakMemoryMb", Unit::Mb),
        ],
    );
    table(
        "A registration with access keys, compared with a Python handler that uses boto3 and requests (`tests/bench/peer`):",
        "peer",
        &[
            ("", "/who", Unit::Text),
            ("calls", "/calls", Unit::Count),
            ("process start to first poll", "/firstPollMs/median", Unit::Ms),
            ("process start to first response", "/firstAnswerMs/median", Unit::Ms),
            ("CPU time, cold", "/coldOnProcessorMs/median", Unit::Ms),
            ("warm response", "/warmAnswerMs/median", Unit::Ms),
            ("CPU time, warm", "/onProcessorMs/median", Unit::Ms),
            ("memory", "/memoryMb/median", Unit::Mb),
        ],
    );
    text
}

fn render_table(rows: &[Value], columns: &[Column]) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(columns.iter().map(|(heading, ..)| (*heading).to_owned()).collect());
    text.extend(["|", &"---|".repeat(columns.len()), "\n"]);
    for row in rows {
        let cell = |(_, place, unit): &Column| format_value(row.pointer(place), *unit);
        text.push_str(&line(columns.iter().map(cell).collect()));
    }
    text
}

fn format_value(figure: Option<&Value>, unit: Unit) -> String {
    let Some(figure) = figure else { return "–".to_owned() };
    let number = figure.as_f64().unwrap_or(f64::NAN);
    let word = figure.as_str().unwrap_or_default();
    match unit {
        Unit::Text => word.to_owned(),
        Unit::Code => format!("`{word}`"),
        Unit::Count => format!("{number:.0}"),
        Unit::Ms if number < 20.0 => format!("{number:.1} ms"),
        Unit::Ms => format!("{number:.0} ms"),
        Unit::Mb => format!("{number:.1} MB"),
        Unit::Times => format!("{number:.2}"),
    }
}

/// Replaces the tables between the two markers. Returns `None` if the page has no markers.
pub(crate) fn replace_tables(page: &str, tables: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_old, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{tables}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tables_have_a_line_for_each_row_and_replace_the_old_tables() {
        let found = json!({ "peer": [{ "who": "peer", "memoryMb": { "median": 51.26 } }] });
        let tables = render_tables(&found);
        assert!(tables.ends_with("| 51.3 MB |\n\n"), "{tables}");
        let page = format!("a\n{BEGIN}\nstale\n{END}\nb\n");
        let page = replace_tables(&page, &tables).unwrap();
        assert!(page.starts_with("a\n") && page.ends_with("\nb\n") && !page.contains("stale"));
        assert_eq!(replace_tables(&page, &tables).as_deref(), Some(page.as_str()));
        assert_eq!(replace_tables("no marks", &tables), None);
    }
}
