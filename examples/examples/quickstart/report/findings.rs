//! The agent's own results.

use std::fmt::Write as _;

use super::super::agent::Findings;
use super::super::units::{path, percent, printable, several};

pub(crate) fn text(findings: &Findings) -> String {
    let mut text = format!("  in {}\n", path(&findings.root));
    for directory in &findings.summary.largest {
        let _ = writeln!(
            text,
            "  {}: {} in {}, {}",
            path(&directory.path),
            several(directory.lines, "line"),
            several(directory.files, "file"),
            several(directory.functions, "function"),
        );
    }
    if let Some((file, function)) = &findings.summary.most_paths {
        let _ = writeln!(
            text,
            "  most ways through a function: {}, {} in {}",
            function.paths,
            printable(&function.name),
            path(file),
        );
    }
    for pair in &findings.comparison.alike {
        let _ = writeln!(
            text,
            "  alike by {}: {} and {}",
            percent(pair.similarity),
            path(&pair.left),
            path(&pair.right),
        );
    }
    if findings.survey.files.is_empty() {
        text.push_str("  no files\n");
    }
    text
}
