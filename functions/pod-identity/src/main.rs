//! Starts the Lambda function that registers accounts with the method `pod-identity`.

use std::process::ExitCode;

use gangway_lambda::Publisher;
use gangway_registration::AppContext;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    gangway_lambda::run("pod-identity", async |function| {
        let app = AppContext::from_env().await?;
        let handler = async |request| gangway_pod_identity::handle(&request, &app).await;
        let publish = async |events| app.publish(events).await;
        let partition = app.clients.partition;
        function.serve_http(handler, Publisher { partition, publish }).await
    })
    .await
}
