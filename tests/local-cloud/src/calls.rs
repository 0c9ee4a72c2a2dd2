//! The log of every call that reached the cloud, for tests that count hops and look for leaks.
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// One call, answered or not.
#[derive(Debug, Clone)]
pub struct Call {
    /// `sts`, `iam`, `secretsmanager`, `palette`; `unknown` where nobody could tell.
    pub service: String,
    /// An AWS action, or a verb and a route of Palette's.
    pub operation: String,
    /// Who called, once that was proven: an ARN, or Palette's name for its user.
    pub principal: Option<String>,
    /// When its last byte had come in.
    pub start: Instant,
    /// When its answer was ready; nothing if it never was.
    pub end: Option<Instant>,
    /// HTTP status; nothing if the connection was cut or never answered.
    pub status: Option<u16>,
    /// Made by a part of the cloud while it worked on another call, as Palette's own look at AWS.
    pub nested: bool,
}

impl Call {
    /// Whether it changes something, or could have.
    pub fn changes(&self) -> bool {
        changes(&self.service, &self.operation)
    }
}

/// Whether an operation changes what others see. Sessions of STS are nobody else's.
pub fn changes(service: &str, operation: &str) -> bool {
    let begins = |with: &[&str]| with.iter().any(|verb| operation.starts_with(verb));
    match service {
        "palette" => begins(&["PUT ", "DELETE "]) || operation == "POST /v1/cloudaccounts/aws",
        // It asks, whatever the verb.
        "kubernetes" => begins(&["create "]) && !operation.contains("reviews"),
        "sts" | "cap" | "scap" => false,
        _ => !begins(&["Describe", "Get", "List", "Simulate"]),
    }
}

/// Every call so far.
#[derive(Debug, Default)]
pub struct Calls {
    log: Mutex<Vec<Call>>,
}

impl Calls {
    fn with<R>(&self, work: impl FnOnce(&mut Vec<Call>) -> R) -> R {
        work(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes a call that has arrived, and returns its place in the log.
    pub(crate) fn begin(&self, service: &str, operation: &str, nested: bool) -> usize {
        let (service, operation) = (service.to_owned(), operation.to_owned());
        let call = Call {
            service,
            operation,
            principal: None,
            start: Instant::now(),
            end: None,
            status: None,
            nested,
        };
        self.with(|log| {
            log.push(call);
            log.len() - 1
        })
    }

    /// Notes how a call ended. After a `clear` its place is gone, and so is the note.
    pub(crate) fn end(&self, place: usize, status: Option<u16>, principal: Option<String>) {
        self.with(|log| {
            if let Some(call) = log.get_mut(place) {
                call.end = Some(Instant::now());
                call.status = status;
                call.principal = principal;
            }
        });
    }

    /// All calls, in the order of their arrival.
    pub fn all(&self) -> Vec<Call> {
        self.with(|log| log.clone())
    }

    /// The calls of one operation.
    pub fn of(&self, service: &str, operation: &str) -> Vec<Call> {
        let mut calls = self.all();
        calls.retain(|call| call.service == service && call.operation == operation);
        calls
    }

    /// How often an operation was called.
    pub fn count(&self, service: &str, operation: &str) -> usize {
        self.of(service, operation).len()
    }

    /// Every call as `service operation status`, sorted neither by time of answer nor otherwise touched.
    pub fn lines(&self) -> Vec<String> {
        let status =
            |call: &Call| call.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
        self.all()
            .iter()
            .map(|call| format!("{} {} {}", call.service, call.operation, status(call)))
            .collect()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.with(Vec::clear);
    }

    /// The hops of a caller that waits: the longest chain in which each call starts after the one before has ended.
    /// Nested calls are the cloud's own affair and are not counted.
    pub fn longest_chain(&self) -> usize {
        let mut calls = self.all();
        calls.retain(|call| !call.nested);
        longest_chain(&calls.iter().map(|call| (call.start, call.end)).collect::<Vec<_>>())
    }
}

/// Most intervals that do not overlap: take the one that ends first, again and again.
fn longest_chain(intervals: &[(Instant, Option<Instant>)]) -> usize {
    let mut ended: Vec<_> =
        intervals.iter().filter_map(|(start, end)| end.map(|end| (end, *start))).collect();
    ended.sort();
    let mut last: Option<Instant> = None;
    let mut hops = 0;
    for (end, start) in ended {
        if last.is_none_or(|last| start >= last) {
            hops += 1;
            last = Some(end);
        }
    }
    let hangs = |(start, end): &(Instant, Option<Instant>)| {
        end.is_none() && last.is_none_or(|last| *start >= last)
    };
    hops + usize::from(intervals.iter().any(hangs))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Start and end in milliseconds of each call, and the hops.
    type Row<'a> = (&'a [(u64, Option<u64>)], usize);

    #[test]
    fn a_chain_counts_only_calls_that_waited_for_one_another() {
        let zero = Instant::now();
        let at = |ms| zero + Duration::from_millis(ms);
        let rows: &[Row<'_>] = &[
            (&[], 0),
            (&[(0, Some(5))], 1),
            (&[(0, Some(5)), (1, Some(4)), (2, Some(9))], 1),
            (&[(0, Some(5)), (5, Some(9))], 2),
            (&[(0, Some(5)), (1, Some(6)), (7, Some(8)), (9, Some(12)), (9, Some(20))], 3),
            (&[(0, Some(5)), (6, None)], 2),
        ];
        for (intervals, hops) in rows {
            let intervals: Vec<_> =
                intervals.iter().map(|(start, end)| (at(*start), end.map(at))).collect();
            assert_eq!(longest_chain(&intervals), *hops, "{intervals:?}");
        }
    }
}
