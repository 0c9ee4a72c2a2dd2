//! Brings accounts aboard that events tell of, and takes closed ones off.

use account_vended::Vending;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::start();
    let vending = Vending::open().await?;
    lambda::serve_queue("account-vended", async |message| vending.work(message).await).await
}
