//! Finds the accounts of the organization that no event brought aboard.

use gangway_account_sweep::Sweep;
use gangway_registration::AppContext;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gangway_lambda::Error> {
    gangway_lambda::init_telemetry();
    let deployment = AppContext::from_env().await?;
    let sweep = Sweep::new(&deployment)?;
    gangway_lambda::run_scheduled("account-sweep", async |members| sweep.handle(members).await)
        .await
}
