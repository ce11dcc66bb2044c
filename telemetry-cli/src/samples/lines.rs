//! The lines of a file, one at a time, with their numbers.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// A batch of spans is some megabytes; what is longer is no text with lines.
const LONGEST: u64 = 256 * 1024 * 1024;

pub(super) struct Lines {
    path: PathBuf,
    from: Box<dyn BufRead>,
    line: Vec<u8>,
    number: u64,
    /// The line just read is to be given once more.
    again: bool,
    /// It ended with a line break.
    is_whole: bool,
    progress: Progress,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let (from, bytes): (Box<dyn Read>, u64) = if path == Path::new("-") {
            (Box::new(io::stdin().lock()), 0)
        } else {
            let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
            let data = file
                .metadata()
                .map_err(|error| Failure::file(path, &error))?;
            if data.is_dir() {
                return Err(Failure::wrong(format!(
                    "{}: it is a folder",
                    path.display()
                )));
            }
            (Box::new(file), data.len())
        };
        Ok(Self {
            path: path.to_owned(),
            from: Box::new(BufReader::with_capacity(1 << 18, from)),
            line: Vec::new(),
            number: 0,
            again: false,
            is_whole: true,
            progress: Progress::new(bytes),
        })
    }

    /// The next line that says something; [`take`](Self::take) gives it once more.
    pub(super) fn peek(&mut self) -> Result<Option<Line<'_>>, Failure> {
        self.again = self.again || self.advance()?;
        if self.again {
            self.line().map(Some)
        } else {
            Ok(None)
        }
    }

    /// The next line that says something.
    pub(super) fn take(&mut self) -> Result<Option<Line<'_>>, Failure> {
        if std::mem::take(&mut self.again) || self.advance()? {
            return self.line().map(Some);
        }
        Ok(None)
    }

    fn advance(&mut self) -> Result<bool, Failure> {
        loop {
            self.line.clear();
            let mut limited = (&mut self.from).take(LONGEST);
            let read = limited
                .read_until(b'\n', &mut self.line)
                .map_err(|error| Failure::file(&self.path, &error))?;
            if read == 0 {
                self.progress.end();
                return Ok(false);
            }
            self.number += 1;
            self.progress.read(read as u64);
            self.is_whole = self.line.last() == Some(&b'\n');
            if !self.is_whole && read as u64 == LONGEST {
                return Err(self.wrong("a line of more than 256 MiB"));
            }
            if self.number == 1 && self.line.starts_with(&[0xef, 0xbb, 0xbf]) {
                self.line.drain(..3);
            }
            let said = self.line.trim_ascii();
            if !said.is_empty() && said[0] != b'#' {
                return Ok(true);
            }
        }
    }

    fn line(&self) -> Result<Line<'_>, Failure> {
        let text = std::str::from_utf8(self.line.trim_ascii()).ok();
        let text = text.filter(|text| !text.contains('\0'));
        Ok(Line {
            text: text.ok_or_else(|| self.wrong("found bytes that are no text"))?,
            number: self.number,
            is_whole: self.is_whole,
            path: &self.path,
        })
    }

    fn wrong(&self, why: &str) -> Failure {
        wrong(&self.path, self.number, why)
    }
}

/// One line, without white space around it.
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    /// From 1.
    pub(super) number: u64,
    /// It ends with a line break.
    pub(super) is_whole: bool,
    path: &'a Path,
}

impl Line<'_> {
    pub(super) fn wrong(&self, why: &str) -> Failure {
        wrong(self.path, self.number, why)
    }
}

fn wrong(path: &Path, line: u64, why: &str) -> Failure {
    Failure::wrong(format!("{}:{line}: {why}", path.display()))
}

/// How much of a long file is read, for a person who waits for it.
struct Progress {
    bytes: u64,
    read: u64,
    next: Instant,
    shown: bool,
}

const EVERY: Duration = Duration::from_millis(500);

impl Progress {
    /// `bytes` is 0 where nobody knows.
    fn new(bytes: u64) -> Self {
        let watched = bytes > 1 << 20 && io::stderr().is_terminal();
        Self {
            bytes: if watched { bytes } else { 0 },
            read: 0,
            next: Instant::now() + EVERY,
            shown: false,
        }
    }

    fn read(&mut self, bytes: u64) {
        let before = self.read >> 16;
        self.read += bytes;
        // The clock is asked every 64 KiB.
        if self.bytes > 0 && self.read >> 16 != before && Instant::now() >= self.next {
            self.next += EVERY;
            self.shown = true;
            let percent = self.read * 100 / self.bytes;
            _ = write!(io::stderr(), "\r{percent} %");
        }
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.shown) {
            _ = write!(io::stderr(), "\r     \r");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}
