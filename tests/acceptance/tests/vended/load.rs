//! A thousand events in random order: a fifth of them is sent twice, and 5 % of the calls fail.

use std::time::Instant;

use gangway_model::Partition;
use local_cloud::{Effect, Fault, fixtures::VendingSource};

use crate::fixture::VendingApp;

/// The injected effects; each hits one call in a hundred.
const INJECTED_EFFECTS: [Effect; 5] = [
    Effect::Throttle,
    Effect::InternalError,
    Effect::Unavailable,
    Effect::DisconnectBefore,
    Effect::DisconnectAfter,
];

/// A random number generator with a fixed seed.
struct Rng(u64);

impl Rng {
    fn gen_range(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_events_register_each_account_once() {
    let app = VendingApp::start(Partition::Aws).await;
    let organization = app.organization();
    let kinds = [VendingSource::ControlTower, VendingSource::Organizations];
    let mut accounts = Vec::new();
    let mut events = Vec::new();
    while events.len() < 1000 {
        let name = format!("team-{}", accounts.len());
        let kind = kinds[accounts.len() % 2];
        let vended = organization.vend(kind, &name, &organization.production);
        events.extend(vended.events.iter().cloned());
        accounts.push(vended.account);
    }
    let mut rng = Rng(0x5eed_2026);
    let count = events.len();
    for _twice in 0..count / 5 {
        let again = events[rng.gen_range(count)].clone();
        events.push(again);
    }
    for place in (1..events.len()).rev() {
        events.swap(place, rng.gen_range(place + 1));
    }
    app.poller().pause();
    app.put_events(&events).await;
    for (seed, effect) in (1..).zip(INJECTED_EFFECTS) {
        app.cloud().fault(Fault::on("*", "*", effect).at_random(100, seed));
    }
    let started = Instant::now();
    app.poller().resume();
    app.process_all().await;
    let took = started.elapsed();
    let calls = app.cloud().calls().all();
    let own = calls.iter().filter(|call| !call.nested).count();
    let seen = app.cloud().faults().triggered();
    for effect in INJECTED_EFFECTS {
        assert!(seen.contains(&effect), "{effect:?} hit no call");
    }
    assert!(seen.len() >= own / 40, "{} of {own} calls went wrong", seen.len());
    println!("{} events of {} accounts: {took:.1?}, {own} calls", events.len(), accounts.len());
    app.cloud().faults().clear();
    for account in &accounts {
        app.assert_registered(account);
        let roles: Vec<_> = account.roles().into_iter().map(|role| role.name).collect();
        assert_eq!(roles.len(), 3, "two access roles and ours: {roles:?}");
    }
    assert_eq!(app.cloud().palette().records().accounts.len(), accounts.len());
    assert_eq!(app.dead_messages(), []);
}
