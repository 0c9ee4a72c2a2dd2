//! Logs: JSON lines, the invocation's id in each.
//!
//! A subscriber of our own, for lines of our own. The runtime's brings a language of filters with its regular expressions, to be compiled at
//! every start; and at finer levels the runtime and the SDK write whole requests, keys and all. Here nothing finer than
//! INFO is ever written.

use std::{error::Error, fmt};

use serde_json::{Map, Value};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
};

tokio::task_local! {
    /// Lambda's id of the invocation in progress.
    pub(crate) static REQUEST_ID: String;
}

/// Whose lines are written. Libraries say what they have read, answers and headers and all (kube warns with the whole of an
/// answer that it cannot parse), so nothing of theirs is.
/// Whether a target is one of our crates, or within one.
fn is_own_crate(target: &str) -> bool {
    target.starts_with("gangway_")
}

/// Writes INFO and worse, or only what `AWS_LAMBDA_LOG_LEVEL` asks for.
pub(crate) fn start() {
    #[expect(
        clippy::disallowed_methods,
        reason = "logs come before settings, whose faults they tell"
    )]
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").ok();
    let level = level_of(level.as_deref().unwrap_or_default());
    let lines =
        JsonSubscriber { level, write: |line: &Value| crate::stdout::write_json_line(line) };
    // A second start changes nothing.
    drop(tracing::subscriber::set_global_default(lines));
}

/// Lambda's own names of levels; TRACE and DEBUG count as INFO.
fn level_of(name: &str) -> Level {
    match name.to_ascii_uppercase().as_str() {
        "WARN" => Level::WARN,
        "ERROR" | "FATAL" => Level::ERROR,
        _ => Level::INFO,
    }
}

pub(crate) struct JsonSubscriber<W> {
    pub(crate) level: Level,
    pub(crate) write: W,
}

impl<W: Fn(&Value) + Send + Sync + 'static> Subscriber for JsonSubscriber<W> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= self.level && is_own_crate(metadata.target())
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level.into())
    }

    fn event(&self, event: &Event<'_>) {
        (self.write)(&json(event));
    }

    // No span is enabled, so none of these is ever called with one.
    fn new_span(&self, _span: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}

    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}

    fn enter(&self, _span: &span::Id) {}

    fn exit(&self, _span: &span::Id) {}
}

fn json(event: &Event<'_>) -> Value {
    let mut line = JsonVisitor(Map::new());
    line.put("level", event.metadata().level().as_str());
    event.record(&mut line);
    // Outside an invocation there is none.
    let _outside = REQUEST_ID.try_with(|id| line.put("requestId", id.as_str()));
    Value::Object(line.0)
}

struct JsonVisitor(Map<String, Value>);

impl JsonVisitor {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }
}

impl Visit for JsonVisitor {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.put(field.name(), error_chain(value));
    }
}

/// An error and its causes, outermost first.
fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::json;

    use super::*;

    #[test]
    fn lambdas_levels_are_honoured_save_those_that_show_whole_requests() {
        for (name, level) in [
            ("", Level::INFO),
            ("TRACE", Level::INFO),
            ("debug", Level::INFO),
            ("INFO", Level::INFO),
            ("WARN", Level::WARN),
            ("ERROR", Level::ERROR),
            ("FATAL", Level::ERROR),
            ("loud", Level::INFO),
        ] {
            assert_eq!(level_of(name), level, "{name}");
        }
    }

    #[test]
    fn only_own_crates_are_logged() {
        assert!(is_own_crate("gangway_lambda::invocation"));
        for other in ["lambda_runtime::layers::panic", "aws_config", "kube_client::client", ""] {
            assert!(!is_own_crate(other), "{other}");
        }
    }

    #[test]
    fn a_line_is_json_with_every_field() {
        let logged = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&logged);
        let write = move |line: &Value| lines.lock().unwrap().push(line.clone());
        tracing::subscriber::with_default(JsonSubscriber { level: Level::INFO, write }, || {
            let error: &(dyn Error + 'static) = &fmt::Error;
            tracing::warn!(text = "a \"b\"", n = -1, u = 1, yes = true, error, "it {}", "happened");
            tracing::debug!("not this");
            tracing::error!(target: "kube_client::client", "nor this");
            let _span = tracing::info_span!("nor").entered();
        });
        let error = fmt::Error.to_string();
        let expected = json!({ "level": "WARN", "message": "it happened", "text": "a \"b\"", "n": -1, "u": 1, "yes": true, "error": error });
        assert_eq!(*logged.lock().unwrap(), [expected]);
    }
}
