//! Registers AWS accounts in Palette when events announce them, and reports or removes closed ones.

use std::process::ExitCode;

use gangway_account_vended::VendingHandler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    gangway_lambda::run("account-vended", async |function| {
        let handler = VendingHandler::from_env().await?;
        function.serve_sqs(async |message| handler.handle_message(message).await).await
    })
    .await
}
