//! Lambda function that finds accounts for which no event arrived.

use std::process::ExitCode;

use gangway_account_sweep::Sweep;
use gangway_registration::AppContext;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    gangway_lambda::run("account-sweep", async |function| {
        let app = AppContext::from_env().await?;
        let sweep = Sweep::new(&app)?;
        let partition = app.clients.partition;
        function.serve_schedule(partition, async |fields| sweep.handle(fields).await).await
    })
    .await
}
