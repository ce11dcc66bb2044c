//! From a path to its text.

use std::path::Path;
use std::string::FromUtf8Error;
use std::{fmt, io};

use telemetry_runtime::tool;

use super::disk::Disk;

/// Larger files are no source code that a person wrote.
const LARGEST: u64 = 1024 * 1024;

/// Why a file has no text for the agent.
#[derive(Debug)]
pub(crate) enum ReadError {
    Load(io::Error),
    TooLarge,
    NotUtf8(NotUtf8),
}

/// Bytes that are no text, or one of an older encoding.
#[derive(Debug)]
pub(crate) struct NotUtf8 {
    /// From the file's start.
    offset: usize,
    byte: u8,
}

/// Waits for the disk; the calling thread's future does nothing meanwhile.
#[tool(skip(disk, root))]
pub(crate) async fn read_text(disk: &Disk, root: &Path, path: &Path) -> Result<String, ReadError> {
    let bytes = disk
        .read(root.join(path), LARGEST)
        .await
        .map_err(ReadError::Load)?;
    if bytes.len() as u64 > LARGEST {
        return Err(ReadError::TooLarge);
    }
    decode(bytes).map_err(ReadError::NotUtf8)
}

#[tool(skip(bytes))]
fn decode(bytes: Vec<u8>) -> Result<String, NotUtf8> {
    String::from_utf8(bytes).map_err(NotUtf8::from)
}

impl From<FromUtf8Error> for NotUtf8 {
    fn from(error: FromUtf8Error) -> Self {
        let offset = error.utf8_error().valid_up_to();
        let byte = error.as_bytes().get(offset).copied().unwrap_or_default();
        Self { offset, byte }
    }
}

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, byte } = self;
        write!(f, "not UTF-8: 0x{byte:02x} at byte {offset}")
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => error.fmt(f),
            Self::TooLarge => write!(f, "over {} KiB", LARGEST / 1024),
            Self::NotUtf8(error) => error.fmt(f),
        }
    }
}
