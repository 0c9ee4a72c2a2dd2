//! Lambda function that registers accounts by EKS Pod Identity.

use std::process::ExitCode;

use gangway_registration::AppContext;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    gangway_lambda::run("pod-identity", async |function| {
        let app = AppContext::from_env().await?;
        function
            .serve_http(async |request| gangway_pod_identity::handle(&request, &app).await)
            .await
    })
    .await
}
