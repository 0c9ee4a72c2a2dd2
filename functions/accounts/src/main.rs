//! The accounts that Palette has, and what the wizard lets one choose from.

use gangway_registration::Deployment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gangway_lambda::Error> {
    gangway_lambda::start();
    let deployment = Deployment::open().await?;
    gangway_lambda::serve("accounts", async |request| {
        gangway_accounts::handle(&request, &deployment).await
    })
    .await
}
