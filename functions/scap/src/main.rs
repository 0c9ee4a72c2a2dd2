//! Lets Palette into an account of a classified partition through its access portal.

use gangway_registration::AppContext;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gangway_lambda::Error> {
    gangway_lambda::init_telemetry();
    let deployment = AppContext::from_env().await?;
    gangway_lambda::run_http("scap", async |request| {
        gangway_scap::handle(&request, &deployment).await
    })
    .await
}
