//! Lets Palette into an account through a role that it assumes.

use gangway_registration::Deployment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gangway_lambda::Error> {
    gangway_lambda::start();
    let deployment = Deployment::open().await?;
    gangway_lambda::serve("sts", async |request| gangway_sts::handle(&request, &deployment).await)
        .await
}
