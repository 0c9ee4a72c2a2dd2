//! Lets Palette into an account through the access keys of an IAM user.

use deployment::Deployment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::start();
    let deployment = Deployment::open().await?;
    lambda::serve("static-credentials", async |request| {
        static_credentials::handle(&request, &deployment).await
    })
    .await
}
