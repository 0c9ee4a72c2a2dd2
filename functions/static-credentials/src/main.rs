//! Lets Palette into an account through the access keys of an IAM user.

use gangway_registration::AppContext;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gangway_lambda::Error> {
    gangway_lambda::init_telemetry();
    let deployment = AppContext::from_env().await?;
    gangway_lambda::run_http("static-credentials", async |request| {
        gangway_static_credentials::handle(&request, &deployment).await
    })
    .await
}
