//! Lambda function that registers accounts by the access keys of an IAM user.

use std::process::ExitCode;

use gangway_registration::AppContext;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    gangway_lambda::run("static-credentials", async |function| {
        let app = AppContext::from_env().await?;
        function
            .serve_http(async |request| gangway_static_credentials::handle(&request, &app).await)
            .await
    })
    .await
}
