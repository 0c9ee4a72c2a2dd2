//! Lambda function that lists, shows and deletes registered accounts.

use std::process::ExitCode;

use gangway_registration::AppContext;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    gangway_lambda::run("accounts", async |function| {
        let app = AppContext::from_env().await?;
        function.serve_http(async |request| gangway_accounts::handle(&request, &app).await).await
    })
    .await
}
