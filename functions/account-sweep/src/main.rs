//! Finds the accounts of the organization that no event brought aboard.

use account_sweep::Sweep;
use deployment::Deployment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::start();
    let deployment = Deployment::open().await?;
    let sweep = Sweep::over(&deployment)?;
    lambda::serve_schedule("account-sweep", async |members| sweep.answer(members).await).await
}
