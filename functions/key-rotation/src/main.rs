//! Lambda function that rotates the access keys of registered accounts.

use std::process::ExitCode;

use gangway_registration::AppContext;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    gangway_lambda::run("key-rotation", async |function| {
        let app = AppContext::from_env().await?;
        let handler = async |event| gangway_key_rotation::handle(event, &app).await;
        function.serve_rotation(app.clients.partition, handler).await
    })
    .await
}
