//! Lets Palette into an account through a role that it assumes.

use deployment::Deployment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::start();
    let deployment = Deployment::open().await?;
    lambda::serve("sts", async |request| sts::handle(&request, &deployment).await).await
}
