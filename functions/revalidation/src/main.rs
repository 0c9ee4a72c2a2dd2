//! Lambda function that validates registered accounts again, and starts rotations of their access
//! keys.

use std::process::ExitCode;

use gangway_lambda::Publisher;
use gangway_registration::AppContext;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    gangway_lambda::run("revalidation", async |function| {
        let app = AppContext::from_env().await?;
        let handler = async |request| gangway_revalidation::handle(&request, &app).await;
        function.serve_http(handler, Publisher::none(app.clients.partition)).await
    })
    .await
}
