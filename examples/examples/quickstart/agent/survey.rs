//! First pass: which files are there.

use std::fmt;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use telemetry_runtime::{current, tool};

use super::super::units::several;

/// Folders that hold what machines made.
const LEFT_OUT: [&str; 3] = [".git", "target", "telemetry-out"];
/// So deep that nobody nests folders by hand.
const DEEPEST: usize = 64;

/// The files, sorted, with paths below the root.
#[derive(Default)]
pub(crate) struct Survey {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) directories: usize,
    /// Folders that cannot be read.
    pub(crate) unreadable: usize,
    /// Symbolic links, and what is neither file nor folder.
    pub(crate) passed_over: usize,
    /// The limit was reached before the end.
    pub(crate) is_cut: bool,
}

/// Walks through `root` and stops at `max_files`.
#[tool]
pub(crate) fn survey(root: &Path, max_files: usize) -> Survey {
    let mut survey = Survey::default();
    walk(root, Path::new(""), max_files, &mut survey);
    current()
        .set_attribute("survey.files", survey.files.len())
        .set_attribute("survey.directories", survey.directories);
    survey
}

fn walk(root: &Path, below: &Path, max_files: usize, survey: &mut Survey) {
    let Ok(entries) = list_directory(root, below) else {
        survey.unreadable += 1;
        return;
    };
    survey.directories += 1;
    for entry in entries {
        if survey.files.len() >= max_files {
            survey.is_cut = true;
            return;
        }
        let path = below.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_file() => survey.files.push(path),
            Ok(kind) if kind.is_dir() => {
                let name = entry.file_name();
                let is_wanted = LEFT_OUT.iter().all(|left_out| name != *left_out);
                if is_wanted && path.components().count() <= DEEPEST {
                    walk(root, &path, max_files, survey);
                }
            }
            // A link can lead into a circle, a pipe never ends.
            _ => survey.passed_over += 1,
        }
    }
}

/// The entries of one directory, by name.
#[tool(skip(root))]
fn list_directory(root: &Path, path: &Path) -> io::Result<Vec<DirEntry>> {
    let mut entries = fs::read_dir(root.join(path))?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(DirEntry::file_name);
    current().set_attribute("directory.entries", entries.len());
    Ok(entries)
}

impl fmt::Display for Survey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            files,
            directories,
            unreadable,
            passed_over,
            is_cut,
        } = self;
        write!(
            f,
            "{} in {}",
            several(files.len(), "file"),
            several(*directories, "folder"),
        )?;
        if *is_cut {
            f.write_str(", the rest left out (--max-files)")?;
        }
        if *passed_over > 0 {
            write!(
                f,
                ", {} passed over",
                several(*passed_over, "link or special file")
            )?;
        }
        if *unreadable > 0 {
            write!(f, ", {} not readable", several(*unreadable, "folder"))?;
        }
        Ok(())
    }
}
