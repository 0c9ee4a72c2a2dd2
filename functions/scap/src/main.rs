//! Lambda function that registers accounts of classified partitions, by an access portal.

use std::process::ExitCode;

use gangway_registration::AppContext;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    gangway_lambda::run("scap", async |function| {
        let app = AppContext::from_env().await?;
        function.serve_http(async |request| gangway_scap::handle(&request, &app).await).await
    })
    .await
}
