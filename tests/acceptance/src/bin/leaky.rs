//! A function that leaks a text in the place that the request names. The leak search must find the
//! text, unless the function's runtime prevents the leak.
#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it leaks on purpose, to test the search"
)]

use std::process::ExitCode;

use gangway_lambda::{ApiError, Publisher, Request, Response};
use gangway_model::{FieldError, Partition, UpstreamError};
use local_cloud::http_client;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let publisher = Publisher::none(Partition::Aws);
    gangway_lambda::run("leaky", async |function| function.serve_http(leak, publisher).await).await
}

/// Leaks the member `text` of a request in the place that the member `place` names.
async fn leak(request: Request) -> Result<Response, ApiError> {
    let mut members = request.json()?;
    let (leak_kind, text) =
        (members.required::<String>("place"), members.required::<String>("text"));
    let url = members.required::<String>("to").unwrap_or_default();
    let text = text.unwrap_or_default();
    match leak_kind.unwrap_or_default().as_str() {
        "log" => tracing::info!(target: "gangway_lambda", text, "leaked"),
        "log of a failure" => {
            let source = text.into();
            return Err(UpstreamError::Unavailable { service: "Nobody", source }.into());
        }
        "standard output" => println!("{}", json!({"_aws": {}, "Metric": text})),
        "standard error" => eprintln!("{text}"),
        "response" => return Ok(Response::Json(json!({"text": text}))),
        "problem" => return Err(FieldError::malformed("/text", text).into()),
        "pointer of a problem" => return Err(FieldError::malformed(text, "wrong").into()),
        "panic without the runtime's hook" => {
            let _hook = std::panic::take_hook();
            panic!("{text}");
        }
        "query of a call" => drop(send(&url, &format!("?text={text}"), "", "").await),
        "trace header of a call" => drop(send(&url, "", &text, "").await),
        "body of a call" => drop(send(&url, "", "", &json!({"tags": [text]}).to_string()).await),
        // The runtime prevents the leaks below.
        "log of a library" => tracing::error!(target: "kube_client::client", text, "leaked"),
        "finer log" => tracing::debug!(target: "gangway_lambda", text, "leaked"),
        "finest log" => tracing::trace!(target: "gangway_lambda", text, "leaked"),
        "panic" => panic!("{text}"),
        other => return Err(FieldError::malformed("/place", other).into()),
    }
    Ok(Response::Deleted { account: None })
}

/// Sends a `POST` request to Palette with these texts in the query, a header and the body.
async fn send(url: &str, query: &str, trace_header: &str, body: &str) -> reqwest::Result<()> {
    let request = http_client::client(None).post(format!("{url}/v1/cloudaccounts/aws{query}"));
    let request = request.header("apikey", "none").header("x-amzn-trace-id", trace_header);
    request.body(body.to_owned()).send().await.map(drop)
}
