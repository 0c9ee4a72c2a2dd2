//! Lambda function that registers accounts by an IAM role that Palette assumes.

use std::process::ExitCode;

use gangway_registration::AppContext;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    gangway_lambda::run("sts", async |function| {
        let app = AppContext::from_env().await?;
        function.serve_http(async |request| gangway_sts::handle(&request, &app).await).await
    })
    .await
}
