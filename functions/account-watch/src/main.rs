//! Lambda function that validates every registered account again, on a schedule.

use std::process::ExitCode;

use gangway_account_watch::Watch;
use gangway_lambda::{Fields, SqsMessage};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    gangway_lambda::run("account-watch", async |function| {
        let watch = Watch::from_env().await?;
        let on_schedule = async |fields: Fields| watch.start_run(fields).await;
        let on_message = async |message: &SqsMessage| watch.handle_message(message).await;
        function.serve_schedule_and_sqs(watch.partition(), on_schedule, on_message).await
    })
    .await
}
