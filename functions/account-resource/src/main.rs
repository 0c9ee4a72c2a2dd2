//! Lambda function that registers accounts as resources of CloudFormation stacks.

use std::process::ExitCode;

use gangway_account_resource::ResourceHandler;
use gangway_lambda::{Publisher, SqsMessage};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    gangway_lambda::run("account-resource", async |function| {
        let handler = ResourceHandler::from_env().await?;
        let handle = async |message: &SqsMessage| handler.handle_message(message).await;
        let publish = async |events| handler.publish(events).await;
        let publisher = Publisher { partition: handler.partition(), publish };
        function.serve_stacks(handle, publisher).await
    })
    .await
}
