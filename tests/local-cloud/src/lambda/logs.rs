//! Collects what the processes of a function write.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use super::lock;

/// The lines that all instances of a function have written, in the order of arrival.
#[derive(Clone, Debug, Default)]
pub struct FunctionLogs(Arc<Mutex<String>>);

impl FunctionLogs {
    /// Returns all lines so far.
    pub fn text(&self) -> String {
        lock(&self.0).clone()
    }

    /// Removes all lines so far.
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// Copies the lines of a stream until the stream ends.
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
