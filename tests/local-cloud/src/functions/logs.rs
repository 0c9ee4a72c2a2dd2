//! What functions write, kept for tests that look for leaks.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use super::lock;

/// Lines of one function's instances, in the order in which they came in.
#[derive(Clone, Debug, Default)]
pub struct Logs(Arc<Mutex<String>>);

impl Logs {
    /// Everything so far.
    pub fn text(&self) -> String {
        lock(&self.0).clone()
    }

    /// Forgets everything so far.
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// Follows a stream to its end.
    pub(super) fn follow(&self, stream: impl AsyncRead + Send + Unpin + 'static) {
        let logs = self.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stream).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let mut text = lock(&logs.0);
                text.push_str(&line);
                text.push('\n');
            }
        });
    }
}
