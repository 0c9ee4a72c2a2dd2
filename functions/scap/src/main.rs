//! Lets Palette into an account of a classified partition through its access portal.

use gangway_registration::Deployment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gangway_lambda::Error> {
    gangway_lambda::start();
    let deployment = Deployment::open().await?;
    gangway_lambda::serve("scap", async |request| gangway_scap::handle(&request, &deployment).await)
        .await
}
