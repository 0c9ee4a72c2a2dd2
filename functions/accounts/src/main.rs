//! The accounts that Palette has, and what the wizard lets one choose from.

use gangway_registration::AppContext;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gangway_lambda::Error> {
    gangway_lambda::init_telemetry();
    let deployment = AppContext::from_env().await?;
    gangway_lambda::run_http("accounts", async |request| {
        gangway_accounts::handle(&request, &deployment).await
    })
    .await
}
