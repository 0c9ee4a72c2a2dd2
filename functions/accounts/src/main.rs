//! Lambda function that lists, shows and deletes registered accounts.

use std::process::ExitCode;

use gangway_accounts::AccountsContext;
use gangway_lambda::Publisher;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    gangway_lambda::run("accounts", async |function| {
        let accounts = AccountsContext::from_env().await?;
        let app = &accounts.context;
        let handler = async |request| gangway_accounts::handle(&request, &accounts).await;
        let publish = async |events| app.publish(events).await;
        let partition = app.clients.partition;
        function.serve_http(handler, Publisher { partition, publish }).await
    })
    .await
}
