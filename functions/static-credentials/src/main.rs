//! Lets Palette into an account through the access keys of an IAM user.

use gangway_registration::Deployment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gangway_lambda::Error> {
    gangway_lambda::start();
    let deployment = Deployment::open().await?;
    gangway_lambda::serve("static-credentials", async |request| {
        gangway_static_credentials::handle(&request, &deployment).await
    })
    .await
}
