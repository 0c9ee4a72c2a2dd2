//! The accounts that Palette has, and what the wizard lets one choose from.

use deployment::Deployment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::start();
    let deployment = Deployment::open().await?;
    lambda::serve("accounts", async |request| accounts::handle(&request, &deployment).await).await
}
