//! Account vending sends requests at the rate of the template, below Palette's limit.

use std::time::{Duration, Instant};

use gangway_model::Partition;

use crate::{fixture::VendingApp, sweep::vend};

/// The number of accounts: more than two batches of ten messages, which are handled at the same
/// time.
const ACCOUNTS: usize = 30;

#[tokio::test(flavor = "multi_thread")]
async fn many_accounts_register_within_palettes_rate_limit() {
    let app = VendingApp::start_with_parameters(Partition::Aws, &[]).await;
    app.cloud().palette().records().behaviour.rate_limited = true;
    let accounts = vend(&app, ACCOUNTS, &app.organization().sandbox);
    app.poller().pause();
    for vended in &accounts {
        app.put_events(&vended.events[..1]).await;
    }
    let start = Instant::now();
    app.poller().resume();
    app.process_all().await;
    let took = start.elapsed();
    for vended in &accounts {
        app.assert_registered(&vended.account);
    }
    assert_eq!(app.dead_messages(), []);
    let calls = app.cloud().calls().all();
    let own = calls.iter().filter(|call| call.service == "palette" && !call.nested);
    let throttled = own.clone().filter(|call| call.status == Some(429)).count();
    println!("{ACCOUNTS} accounts: {took:.1?}, {} requests, {throttled} too many", own.count());
    assert!(throttled <= ACCOUNTS / 10, "{throttled} requests were too many");
    assert!(took < Duration::from_mins(3), "{took:?}");
}
