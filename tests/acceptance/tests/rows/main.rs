//! The acceptance table, row by row, through the real binaries.
