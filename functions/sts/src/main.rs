//! Lets Palette into an account through a role that it assumes.

use gangway_registration::AppContext;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gangway_lambda::Error> {
    gangway_lambda::init_telemetry();
    let deployment = AppContext::from_env().await?;
    gangway_lambda::run_http("sts", async |request| {
        gangway_sts::handle(&request, &deployment).await
    })
    .await
}
