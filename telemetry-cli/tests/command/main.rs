//! The command as a process: what it prints, what it exits with.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod check;
mod config;
mod replay;
mod stored;
mod tool;
