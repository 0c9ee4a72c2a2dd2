//! Writes logs: one JSON object per line on standard output. Lambda sends the lines to
//! `CloudWatch`.
//!
//! `tracing-subscriber` is not used. Its JSON format puts the fields of spans in an object of their
//! own, so `requestId` would not be a field of the line. Its JSON format also leaves out the causes
//! of an error.

use std::{
    cell::RefCell,
    error::Error,
    fmt,
    io::Write as _,
    sync::atomic::{AtomicBool, Ordering},
    time::SystemTime,
};

use chrono::{DateTime, SecondsFormat, Utc};
use gangway_http::origin;
use gangway_model::{BusEvent, Initiator, UpstreamError};
use lambda_runtime::Context;
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
};

tokio::task_local! {
    /// The context of the invocation in progress.
    pub(crate) static INVOCATION: InvocationContext;
}

/// The values that every log line of an invocation contains.
pub(crate) struct InvocationContext {
    request_id: String,
    xray_trace_id: Option<String>,
    is_cold_start: bool,
    fields: RefCell<RequestFields>,
}

/// The account that the request in progress is about, as far as it is known. The log line of the
/// invocation contains these values.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestFields {
    /// `tenant` or `project/<uid or name>`.
    pub(crate) scope: Option<String>,
    /// Name of the account.
    pub(crate) name: Option<String>,
    /// Uid of the account in Palette.
    pub(crate) uid: Option<String>,
}

impl From<&Context> for InvocationContext {
    fn from(context: &Context) -> Self {
        static COLD_START: AtomicBool = AtomicBool::new(true);
        Self {
            request_id: context.request_id.clone(),
            xray_trace_id: context.xray_trace_id.clone(),
            is_cold_start: COLD_START.swap(false, Ordering::Relaxed),
            fields: RefCell::default(),
        }
    }
}

/// Changes the [`RequestFields`] of the request in progress. Does nothing outside an invocation.
pub(crate) fn update_fields(update: impl FnOnce(&mut RequestFields)) {
    let _outside = INVOCATION.try_with(|context| update(&mut context.fields.borrow_mut()));
}

/// Returns the [`RequestFields`] of the request in progress. They are empty outside an invocation.
pub(crate) fn request_fields() -> RequestFields {
    INVOCATION.try_with(|context| context.fields.borrow().clone()).unwrap_or_default()
}

/// Returns `true` if the target of a log event is in one of Gangway's own crates. Log events of
/// libraries are not written, because libraries log whole requests and responses. For example, kube
/// logs every response that it cannot parse.
fn is_own_crate(target: &str) -> bool {
    target.starts_with("gangway_")
}

/// Logs outcome events that could not be published, with their whole content.
pub(crate) fn log_unpublished_events(error: &UpstreamError, events: Vec<BusEvent>) {
    let error = gangway_http::error_chain(error);
    for BusEvent { detail_type, detail } in events {
        tracing::error!(detailType = &*detail_type, detail, error, "outcome event not published");
    }
}

/// Installs the subscriber that writes the log. The environment variable `AWS_LAMBDA_LOG_LEVEL`
/// gives the lowest level that is written; without the variable, the level is INFO.
pub(crate) fn init(service: &'static str) {
    #[expect(clippy::disallowed_methods, reason = "errors of the configuration are logged, too")]
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").ok();
    let level = parse_level(level.as_deref().unwrap_or_default());
    let subscriber = JsonSubscriber { service, level, write: |line: &Value| write_json_line(line) };
    // Fails if a subscriber is installed already, which then stays.
    drop(tracing::subscriber::set_global_default(subscriber));
}

/// Parses one of Lambda's log levels. Returns INFO for TRACE, DEBUG and unknown levels.
fn parse_level(name: &str) -> Level {
    match name.to_ascii_uppercase().as_str() {
        "WARN" => Level::WARN,
        "ERROR" | "FATAL" => Level::ERROR,
        _ => Level::INFO,
    }
}

/// Writes one line to standard output. Ignores an error of standard output: there is no other place
/// to report the error.
pub(crate) fn write_json_line(json: &impl Serialize) {
    let Ok(mut line) = serde_json::to_vec(json) else { return };
    line.push(b'\n');
    drop(std::io::stdout().lock().write_all(&line));
}

/// Writes log events of Gangway's crates as JSON. Ignores spans.
pub(crate) struct JsonSubscriber<W> {
    pub(crate) service: &'static str,
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
        (self.write)(&to_log_line(self.service, event));
    }

    // `enabled` returns `false` for every span, so `tracing` never calls the functions below.
    fn new_span(&self, _span: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}

    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}

    fn enter(&self, _span: &span::Id) {}

    fn exit(&self, _span: &span::Id) {}
}

/// Converts a log event to the JSON object of its log line.
fn to_log_line(service: &'static str, event: &Event<'_>) -> Value {
    #[expect(clippy::disallowed_methods, reason = "a log line needs the real time")]
    let now = DateTime::<Utc>::from(SystemTime::now());
    let mut line = JsonVisitor(Map::new());
    line.put("timestamp", now.to_rfc3339_opts(SecondsFormat::Millis, true));
    line.put("level", event.metadata().level().as_str());
    line.put("service", service);
    let _outside = INVOCATION.try_with(|context| {
        line.put("requestId", context.request_id.as_str());
        line.put("coldStart", context.is_cold_start);
        if let Some(id) = &context.xray_trace_id {
            line.put("xrayTraceId", id.as_str());
        }
    });
    let origin = origin::current();
    line.put_if_known("correlationId", origin.correlation.id().as_ref());
    line.put_if_known("traceparent", origin.correlation.traceparent().as_ref());
    line.put_initiator(&origin.initiator);
    event.record(&mut line);
    Value::Object(line.0)
}

/// Collects the fields of a log event in a JSON object.
struct JsonVisitor(Map<String, Value>);

impl JsonVisitor {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn put_if_known<T: ToString>(&mut self, name: &str, value: Option<&T>) {
        if let Some(value) = value {
            self.put(name, value.to_string());
        }
    }

    fn put_initiator(&mut self, initiator: &Initiator) {
        match initiator {
            Initiator::Caller { arn, account, source_ip } => {
                self.put_if_known("caller", arn.as_ref());
                self.put_if_known("callerAccount", account.as_ref());
                self.put_if_known("sourceIp", source_ip.as_ref());
            }
            Initiator::Event { id, source, account } => {
                self.put_if_known("eventId", id.as_ref());
                self.put_if_known("eventSource", source.as_ref());
                self.put_if_known("eventAccount", account.as_ref());
            }
            Initiator::DirectInvocation => {}
        }
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
        self.put(field.name(), gangway_http::error_chain(value));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::json;

    use super::*;

    #[test]
    fn levels_below_info_count_as_info() {
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
            assert_eq!(parse_level(name), level, "{name}");
        }
    }

    #[test]
    fn log_events_of_libraries_are_not_written() {
        assert!(is_own_crate("gangway_lambda::invocation"));
        for other in ["lambda_runtime::layers::panic", "aws_config", "kube_client::client", ""] {
            assert!(!is_own_crate(other), "{other}");
        }
    }

    #[test]
    fn log_lines_are_json_objects_with_every_field() {
        let logged = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&logged);
        let write = move |line: &Value| lines.lock().unwrap().push(line.clone());
        tracing::subscriber::with_default(
            JsonSubscriber { service: "sts", level: Level::INFO, write },
            || {
                let error: &(dyn Error + 'static) = &fmt::Error;
                tracing::warn!(
                    text = "a \"b\"",
                    n = -1,
                    u = 1,
                    yes = true,
                    error,
                    "it {}",
                    "happened"
                );
                tracing::debug!("not this");
                tracing::error!(target: "kube_client::client", "nor this");
                let _span = tracing::info_span!("nor").entered();
            },
        );
        let mut logged = logged.lock().unwrap();
        let [line] = logged.as_mut_slice() else { panic!("{logged:?}") };
        let timestamp = line.as_object_mut().unwrap().remove("timestamp").unwrap();
        let timestamp = timestamp.as_str().unwrap();
        assert!(DateTime::parse_from_rfc3339(timestamp).is_ok(), "{timestamp}");
        assert_eq!((timestamp.len(), timestamp.ends_with('Z')), (24, true), "{timestamp}");
        let error = fmt::Error.to_string();
        let expected = json!({
            "level": "WARN", "service": "sts", "message": "it happened",
            "text": "a \"b\"", "n": -1, "u": 1, "yes": true, "error": error,
        });
        assert_eq!(*line, expected);
    }
}
