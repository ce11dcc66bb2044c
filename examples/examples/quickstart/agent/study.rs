//! Second pass: each file by itself, on as many threads as the machine has cores.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fmt, thread};

use telemetry_runtime::{current, tool, track_tool_call};

use super::super::units::several;
use super::disk::Disk;
use super::fingerprint::{Fingerprint, fingerprint};
use super::read::{ReadError, read_text};
use super::rust::{Function, SyntaxError, outline};
use super::text::{Tokens, count_lines, tokenise};

/// For Rust that nests deeply: the parser is recursive.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// What is known of one file.
pub(crate) struct Study {
    pub(crate) path: PathBuf,
    pub(crate) lines: usize,
    pub(crate) tokens: usize,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) functions: Vec<Function>,
}

/// What is known of all files.
#[derive(Default)]
pub(crate) struct Studies {
    pub(crate) files: Vec<Study>,
    /// Files without a text.
    pub(crate) unread: usize,
}

/// Studies all files; each is a trace of its own.
pub(crate) fn study_all(root: &Path, files: &[PathBuf]) -> Studies {
    let Ok(disk) = Disk::open() else {
        return Studies {
            files: Vec::new(),
            unread: files.len(),
        };
    };
    let next = AtomicUsize::new(0);
    let work = || {
        let taken = || files.get(next.fetch_add(1, Ordering::Relaxed));
        std::iter::from_fn(taken)
            .filter_map(|path| pollster::block_on(study_file(&disk, root, path)).ok())
            .collect::<Vec<_>>()
    };
    let mut studies: Vec<Study> = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores())
            .filter_map(|_| {
                thread::Builder::new()
                    .name("study".to_owned())
                    .stack_size(STACK_BYTES)
                    .spawn_scoped(scope, work)
                    .ok()
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_default())
            .collect()
    });
    studies.sort_by(|a, b| a.path.cmp(&b.path));
    Studies {
        unread: files.len() - studies.len(),
        files: studies,
    }
}

pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(2, |cores| cores.get().min(8))
}

#[tool(skip(disk, root))]
async fn study_file(disk: &Disk, root: &Path, path: &Path) -> Result<Study, ReadError> {
    let text = read_text(disk, root, path).await?;
    let tokens = tokenise(&text);
    let study = Study {
        path: path.to_owned(),
        lines: count_lines(&text),
        fingerprint: fingerprint(&tokens),
        // What does not parse is known as a text all the same.
        functions: describe(path, &text, &tokens).unwrap_or_default(),
        tokens: tokens.hashes.len(),
    };
    current().set_attribute("file.lines", study.lines);
    Ok(study)
}

/// What is special about a kind of file. The tool is named by the extension, which only the
/// running program knows: `track_tool_call` in place of `#[tool]`.
fn describe(path: &Path, text: &str, tokens: &Tokens) -> Result<Vec<Function>, SyntaxError> {
    let kind = extension(path);
    let call = track_tool_call(
        format!("describe_{kind}"),
        [("path", path.to_string_lossy().into_owned().into())],
    );
    let functions = match kind {
        "rs" => outline(text, tokens),
        _ => Ok(Vec::new()),
    };
    let headings = match kind {
        "md" => text.lines().filter(|line| line.starts_with('#')).count(),
        "toml" => text.lines().filter(|line| line.starts_with('[')).count(),
        _ => 0,
    };
    call.set_attribute("file.headings", headings);
    call.finish(functions)
}

/// Short ones only: a directory can hold anything, and a tool's name should not.
fn extension(path: &Path) -> &str {
    path.extension()
        .and_then(|extension| extension.to_str())
        .filter(|it| it.len() <= 4 && it.bytes().all(|byte| byte.is_ascii_lowercase()))
        .unwrap_or("other")
}

impl fmt::Display for Studies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |count: fn(&Study) -> usize| self.files.iter().map(count).sum::<usize>();
        write!(
            f,
            "{} read, {}, {}, {}",
            several(self.files.len(), "file"),
            several(sum(|file| file.lines), "line"),
            several(sum(|file| file.tokens), "token"),
            several(sum(|file| file.functions.len()), "function"),
        )?;
        match self.unread {
            0 => Ok(()),
            unread => write!(f, "; {} without a text", several(unread, "file")),
        }
    }
}
