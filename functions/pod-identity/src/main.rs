//! Lets Palette into an account through EKS Pod Identity.

use gangway_registration::Deployment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gangway_lambda::Error> {
    gangway_lambda::start();
    let deployment = Deployment::open().await?;
    gangway_lambda::serve("pod-identity", async |request| {
        gangway_pod_identity::handle(&request, &deployment).await
    })
    .await
}
