//! Finds the accounts of the organization that no event brought aboard.

use gangway_account_sweep::Sweep;
use gangway_registration::Deployment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gangway_lambda::Error> {
    gangway_lambda::start();
    let deployment = Deployment::open().await?;
    let sweep = Sweep::over(&deployment)?;
    gangway_lambda::serve_schedule("account-sweep", async |members| sweep.answer(members).await)
        .await
}
