//! All troubles of some flows, worked on several grounds at the same time, and the table of what came of it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Instant,
};

use tokio::task::JoinSet;

use crate::{
    flow::Flow,
    ground::Ground,
    record::{Pace, Recorded},
    trouble::{Place, Trouble},
};

/// How many grounds work at the same time at most: they wait more than they work.
const GROUNDS: usize = 12;

/// What a ground is worth opening for.
const RUNS: usize = 5;

/// A flow, and where something may befall it.
pub(crate) struct Course {
    pub(crate) flow: &'static Flow,
    pub(crate) places: Vec<Place>,
}

/// What is to befall the calls of all these flows: for each of them in its order.
pub(crate) type Choice = fn(&[Course]) -> Vec<Vec<Trouble>>;

/// What came of one flow.
#[derive(Default)]
struct Row {
    runs: usize,
    words: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

/// Works through every call × everything chosen for it, and prints a line for each flow.
pub(crate) async fn suffer_all(what: &str, flows: &'static [Flow], choice: Choice) {
    let started = Instant::now();
    let mut wrong = Vec::new();
    let only = std::env::var_os("GANGWAY_FLOW").unwrap_or_default();
    let mut courses = Vec::new();
    for flow in flows.iter().filter(|flow| flow.name.contains(&*only.to_string_lossy())) {
        let places = Ground::open(flow.partition).await.record(flow, Pace::Slow).await.places;
        courses.push(Course { flow, places });
    }
    let troubles = choice(&courses);
    assert_eq!(troubles.len(), courses.len(), "a choice for each flow");
    for (Course { flow, places }, mut troubles) in courses.into_iter().zip(troubles) {
        troubles.retain(Trouble::differs);
        let row = work(flow, troubles).await;
        let verdict = if row.wrong.is_empty() {
            "all converged".to_owned()
        } else {
            format!("{} WRONG", row.wrong.len())
        };
        println!(
            "{what:<7} {:<19} {:<28} {:<11} {:>3} calls {:>4} runs  {verdict}  {}",
            flow.function,
            flow.name,
            flow.partition.id(),
            places.len(),
            row.runs,
            words(&row.words),
        );
        for one in &row.wrong {
            println!("        {one:.300}");
        }
        let of = |one: String| format!("{} {}: {one}", flow.function, flow.name);
        wrong.extend(row.wrong.into_iter().map(of));
    }
    println!("{what:<7} took {:.0?}", started.elapsed());
    assert!(wrong.is_empty(), "{} wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

fn words(words: &BTreeMap<String, usize>) -> String {
    let words: Vec<_> = words.iter().map(|(word, times)| format!("{word}:{times}")).collect();
    words.join(" ")
}

async fn work(flow: &'static Flow, troubles: Vec<Trouble>) -> Row {
    let count = troubles.len();
    let troubles: VecDeque<_> = troubles.into_iter().enumerate().collect();
    let troubles = Arc::new(Mutex::new(troubles));
    let mut workers = JoinSet::new();
    for _ in 0..GROUNDS.min(count.div_ceil(RUNS)) {
        let troubles = Arc::clone(&troubles);
        workers.spawn(async move {
            let mut row = Row::default();
            let next = || troubles.lock().expect("no panic").pop_front();
            let mut ground: Option<(Ground, Recorded)> = None;
            while let Some((number, trouble)) = next() {
                let (ground, recorded) = match &mut ground {
                    Some(ground) => ground,
                    none => {
                        let new = Ground::open(flow.partition).await;
                        let recorded = new.record(flow, Pace::Usual).await;
                        none.insert((new, recorded))
                    }
                };
                row.runs += 1;
                let name = format!("account-{number:05}");
                match ground.suffer(flow, &trouble, &name, recorded).await {
                    Ok(word) => *row.words.entry(word).or_default() += 1,
                    Err(wrong) => row.wrong.push(format!("{trouble:?}: {wrong}")),
                }
            }
            row
        });
    }
    let mut all = Row::default();
    for row in workers.join_all().await {
        all.runs += row.runs;
        for (word, times) in row.words {
            *all.words.entry(word).or_default() += times;
        }
        all.wrong.extend(row.wrong);
    }
    all
}
