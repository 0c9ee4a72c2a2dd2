//! What `{:?}` shows of the types that hold secrets.
