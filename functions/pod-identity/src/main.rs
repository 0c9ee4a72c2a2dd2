//! Lets Palette into an account through EKS Pod Identity.

use gangway_registration::AppContext;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gangway_lambda::Error> {
    gangway_lambda::init_telemetry();
    let deployment = AppContext::from_env().await?;
    gangway_lambda::run_http("pod-identity", async |request| {
        gangway_pod_identity::handle(&request, &deployment).await
    })
    .await
}
