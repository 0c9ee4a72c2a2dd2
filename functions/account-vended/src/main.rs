//! Registers AWS accounts in Palette when events announce them, and reports or removes closed ones.

use gangway_account_vended::VendingHandler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gangway_lambda::Error> {
    gangway_lambda::init_telemetry();
    let vending = VendingHandler::open().await?;
    gangway_lambda::run_sqs("account-vended", async |message| vending.handle_message(message).await)
        .await
}
