//! Fourth pass: what it all comes to.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use telemetry_runtime::{current, tool};

use super::super::units::several;
use super::rust::Function;
use super::study::Study;

const SHOWN: usize = 3;

/// The largest directories and the function with the most ways through it.
#[derive(Default)]
pub(crate) struct Summary {
    /// The largest first, files directly in them only.
    pub(crate) largest: Vec<Directory>,
    pub(crate) directories: usize,
    pub(crate) most_paths: Option<(PathBuf, Function)>,
}

/// One directory's own files.
pub(crate) struct Directory {
    pub(crate) path: PathBuf,
    pub(crate) files: usize,
    pub(crate) lines: usize,
    pub(crate) functions: usize,
}

#[tool(skip(files))]
pub(crate) fn summarise(files: &[Study]) -> Summary {
    let mut directories: BTreeMap<&Path, Vec<&Study>> = BTreeMap::new();
    for file in files {
        let directory = file.path.parent().unwrap_or(Path::new(""));
        directories.entry(directory).or_default().push(file);
    }
    let mut largest: Vec<_> = directories
        .iter()
        .map(|(path, files)| summarise_directory(path, files))
        .collect();
    largest.sort_by_key(|directory| Reverse(directory.lines));
    largest.truncate(SHOWN);
    Summary {
        largest,
        directories: directories.len(),
        most_paths: find_most_paths(files),
    }
}

#[tool(skip(files))]
fn summarise_directory(path: &Path, files: &[&Study]) -> Directory {
    let sum = |count: fn(&Study) -> usize| files.iter().map(|file| count(file)).sum();
    let directory = Directory {
        path: path.to_owned(),
        files: files.len(),
        lines: sum(|file| file.lines),
        functions: sum(|file| file.functions.len()),
    };
    current().set_attribute("directory.lines", directory.lines);
    directory
}

#[tool(skip(files))]
fn find_most_paths(files: &[Study]) -> Option<(PathBuf, Function)> {
    let functions = files.iter().flat_map(|file| {
        let of_file = file.functions.iter();
        of_file.map(|function| (&file.path, function))
    });
    let (path, function) = functions.max_by_key(|(_, function)| function.paths)?;
    Some((path.clone(), function.clone()))
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with files", several(self.directories, "folder"))
    }
}
