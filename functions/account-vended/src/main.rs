//! Registers AWS accounts in Palette when events announce them, and reports or removes closed ones.

use std::process::ExitCode;

use gangway_account_vended::VendingHandler;
use gangway_lambda::{Publisher, SqsMessage};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    gangway_lambda::run("account-vended", async |function| {
        let handler = VendingHandler::from_env().await?;
        let handle = async |message: &SqsMessage| handler.handle_message(message).await;
        let publish = async |events| handler.publish(events).await;
        let publisher = Publisher { partition: handler.partition(), publish };
        function.serve_sqs(handle, publisher, handler.event_sources()).await
    })
    .await
}
