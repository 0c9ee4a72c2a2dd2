//! Log of all calls to the cloud, for tests that count calls.
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// A call, with or without response.
#[derive(Debug, Clone)]
pub struct LoggedCall {
    /// `sts`, `iam`, `secretsmanager`, `palette`, …; `unknown` if the service is not known.
    pub service: String,
    /// AWS action, or method and route of Palette.
    pub operation: String,
    /// Authenticated caller: an ARN, or Palette's name for its user.
    pub principal: Option<String>,
    /// When the request was complete.
    pub start: Instant,
    /// When the response was ready; `None` if it never was.
    pub end: Option<Instant>,
    /// HTTP status; `None` if the connection was closed or there was no response.
    pub status: Option<u16>,
    /// Made by the cloud itself while it served another call, for example by Palette to AWS.
    pub nested: bool,
}

impl LoggedCall {
    /// Returns `true` for write operations.
    pub fn is_write(&self) -> bool {
        is_write_operation(&self.service, &self.operation)
    }
}

/// Returns `true` if the operation changes data that others can see. STS sessions do not count.
pub fn is_write_operation(service: &str, operation: &str) -> bool {
    let begins = |with: &[&str]| with.iter().any(|verb| operation.starts_with(verb));
    match service {
        "palette" => begins(&["PUT ", "DELETE "]) || operation == "POST /v1/cloudaccounts/aws",
        // Access reviews are reads, although they are created.
        "kubernetes" => begins(&["create "]) && !operation.contains("reviews"),
        "sts" | "cap" | "scap" => false,
        _ => !begins(&["Describe", "Get", "List", "Query", "Simulate"]),
    }
}

/// The call log.
#[derive(Debug, Default)]
pub struct CallLog {
    log: Mutex<Vec<LoggedCall>>,
}

impl CallLog {
    fn with<R>(&self, work: impl FnOnce(&mut Vec<LoggedCall>) -> R) -> R {
        work(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds a call and returns its index.
    pub(crate) fn begin(&self, service: &str, operation: &str, nested: bool) -> usize {
        let (service, operation) = (service.to_owned(), operation.to_owned());
        let call = LoggedCall {
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

    /// Records the result of a call. After `clear` this has no effect.
    pub(crate) fn end(&self, index: usize, status: Option<u16>, principal: Option<String>) {
        self.with(|log| {
            if let Some(call) = log.get_mut(index) {
                call.end = Some(Instant::now());
                call.status = status;
                call.principal = principal;
            }
        });
    }

    /// Returns all calls in the order of arrival.
    pub fn all(&self) -> Vec<LoggedCall> {
        self.with(|log| log.clone())
    }

    /// Returns the calls of one operation.
    pub fn for_operation(&self, service: &str, operation: &str) -> Vec<LoggedCall> {
        let mut calls = self.all();
        calls.retain(|call| call.service == service && call.operation == operation);
        calls
    }

    /// Returns the number of calls of one operation.
    pub fn count(&self, service: &str, operation: &str) -> usize {
        self.for_operation(service, operation).len()
    }

    /// Returns `service operation status` of every call, in the order of arrival.
    pub fn lines(&self) -> Vec<String> {
        let status = |call: &LoggedCall| {
            call.status.map_or_else(|| "-".to_owned(), |status| status.to_string())
        };
        self.all()
            .iter()
            .map(|call| format!("{} {} {}", call.service, call.operation, status(call)))
            .collect()
    }

    /// Removes all calls.
    pub fn clear(&self) {
        self.with(Vec::clear);
    }

    /// Returns the length of the longest chain in which each call starts after the previous one has
    /// ended. Nested calls are not counted.
    pub fn longest_chain(&self) -> usize {
        let mut calls = self.all();
        calls.retain(|call| !call.nested);
        longest_chain(&calls.iter().map(|call| (call.start, call.end)).collect::<Vec<_>>())
    }
}

/// Returns the maximum number of intervals that do not overlap: repeatedly selects the one that
/// ends first.
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
    let is_unanswered = |(start, end): &(Instant, Option<Instant>)| {
        end.is_none() && last.is_none_or(|last| *start >= last)
    };
    hops + usize::from(intervals.iter().any(is_unanswered))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Start and end of each call in milliseconds, and the expected length of the longest chain.
    type Row<'a> = (&'a [(u64, Option<u64>)], usize);

    #[test]
    fn longest_chain_counts_only_dependent_calls() {
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
