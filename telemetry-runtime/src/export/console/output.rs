//! Standard output, by whole batches.

use std::io::{self, IsTerminal, Stdout, Write};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::text::Style;
use crate::export::{Accepted, Refused};

/// Where a console exporter writes: standard output, but for tests.
#[derive(Debug)]
pub(crate) struct Output<W = Stdout> {
    to: W,
    pub(crate) style: Style,
}

impl Output {
    /// With colours where it is a terminal and `NO_COLOR` is not set.
    pub(crate) fn stdout() -> Self {
        let to = io::stdout();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let style = if to.is_terminal() && !plain {
            Style::Colours
        } else {
            Style::Plain
        };
        Self { to, style }
    }
}

impl<W: Write> Output<W> {
    #[cfg(test)]
    pub(crate) fn new(to: W) -> Self {
        Self {
            to,
            style: Style::Plain,
        }
    }

    /// Writes `text` as one piece. A reader that has gone away loses it: there is nobody to
    /// try again for.
    pub(crate) fn write(&mut self, text: &str, deadline: Instant) -> Result<Accepted, Refused> {
        match write_all(&mut self.to, text.as_bytes(), deadline) {
            Ok(()) => Ok(Accepted::default()),
            Err(error) => Err(Refused::Lost {
                why: format!("standard output: {error}"),
            }),
        }
    }
}

/// Some shells and test runners make standard output non-blocking, where `write_all` would
/// give up in the middle of a line.
fn write_all(to: &mut impl Write, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
    loop {
        let step = if bytes.is_empty() {
            to.flush().map(|()| None)
        } else {
            to.write(bytes).map(Some)
        };
        match step {
            Ok(None) => return Ok(()),
            Ok(Some(0)) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(Some(written)) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error)
                if error.kind() == io::ErrorKind::WouldBlock && Instant::now() < deadline =>
            {
                sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error),
        }
    }
}
