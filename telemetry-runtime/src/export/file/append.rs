//! Appends lines to a file that other processes append to and remove at the same time.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::config::Files;

/// After this somebody who began to rotate has ended in the middle of it.
const STALE: Duration = Duration::from_secs(60);
/// A write that goes on has become longer by then.
const ONGOING: Duration = Duration::from_millis(20);

/// Appends `line`, which ends with a newline, in one write: the system puts it behind
/// whatever others have written by then. The file is opened for each line, so that one
/// which was moved or removed is followed by a new one. One that `line` would bring over its
/// bound goes on as `<name>.1`, and those before it as `<name>.2`, ….
pub(super) fn line(path: &Path, mut line: Vec<u8>, files: Files) -> io::Result<()> {
    let mut file = open(path)?;
    if is_over(&file, line.len(), files)? {
        drop(file);
        rotate(path, line.len(), files)?;
        file = open(path)?;
    }
    if is_torn(&mut file)? {
        line.insert(0, b'\n');
    }
    file.write_all(&line)
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    match (options.open(path), path.parent()) {
        (Err(error), Some(folder)) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder)?;
            options.open(path)
        }
        (opened, _) => opened,
    }
}

fn is_over(file: &File, more: usize, files: Files) -> io::Result<bool> {
    let meta = file.metadata()?;
    Ok(
        meta.is_file()
            && meta.len() > 0
            && meta.len().saturating_add(more as u64) > files.max_bytes,
    )
}

/// Moves the file out of the way, unless somebody else has just done so or is about to:
/// who has made the mark beside the file is the only one to look and to move.
fn rotate(path: &Path, more: usize, files: Files) -> io::Result<()> {
    let mark = beside(path, ".rotating");
    match OpenOptions::new().write(true).create_new(true).open(&mark) {
        Ok(_) => {
            let moved = move_away(path, more, files);
            fs::remove_file(&mark)?;
            moved
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let age = fs::metadata(&mark)
                .and_then(|meta| meta.modified())
                .map(age);
            if age.is_ok_and(|age| age > STALE) {
                fs::remove_file(&mark)?;
            }
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// The older files make room, the oldest of them by going.
fn move_away(path: &Path, more: usize, files: Files) -> io::Result<()> {
    match File::open(path) {
        Ok(file) if is_over(&file, more, files)? => {
            let older = |age: u32| beside(path, &format!(".{age}"));
            for age in (1..files.max_files.saturating_sub(1)).rev() {
                match fs::rename(older(age), older(age + 1)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            fs::rename(path, older(1))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn age(modified: SystemTime) -> Duration {
    modified.elapsed().unwrap_or_default()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// The last line has no end: its writer died, or the disk was full. One that somebody is
/// writing right now looks the same, but goes on.
fn is_torn(file: &mut File) -> io::Result<bool> {
    let mut length = open_end(file)?;
    while length.is_some() {
        sleep(ONGOING);
        let later = open_end(file)?;
        if later == length {
            return Ok(true);
        }
        length = later;
    }
    Ok(false)
}

/// The file's length, where it does not end with a newline.
fn open_end(file: &mut File) -> io::Result<Option<u64>> {
    let meta = file.metadata()?;
    if !meta.is_file() || meta.len() == 0 {
        return Ok(None);
    }
    let mut last = [0];
    file.seek(SeekFrom::Start(meta.len() - 1))?;
    // Where it has just been cut there is nothing to read, and no line to end.
    let read = file.read(&mut last)?;
    Ok((read == 1 && last != *b"\n").then_some(meta.len()))
}
