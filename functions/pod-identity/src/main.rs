//! Lets Palette into an account through EKS Pod Identity.

use deployment::Deployment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::start();
    let deployment = Deployment::open().await?;
    lambda::serve("pod-identity", async |request| pod_identity::handle(&request, &deployment).await)
        .await
}
