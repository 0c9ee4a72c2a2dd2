//! A Lambda function that does nothing: the baseline for start time, memory and package size.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(async |_event: LambdaEvent<Value>| Ok::<_, Error>(json!({ "statusCode": 200 }))))
        .await
}
