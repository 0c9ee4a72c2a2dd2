//! Lets Palette into an account of a classified partition through its access portal.

use deployment::Deployment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::start();
    let deployment = Deployment::open().await?;
    lambda::serve("scap", async |request| scap::handle(&request, &deployment).await).await
}
