//! The messages a user sees. `TRYBUILD=overwrite cargo test --test ui` rewrites them.

use std::fs;

#[test]
fn refused() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

/// `same_*.rs` hold the same code twice, without the attribute and with it.
#[test]
fn the_same_with_and_without() {
    for case in ["same_type_errors", "same_lints", "same_dead_code"] {
        let source = fs::read_to_string(format!("tests/ui/{case}.rs")).unwrap();
        let line_of = |text| source.lines().position(|line| line == text).unwrap() + 1;
        let (bare, tools) = (line_of("mod bare {"), line_of("mod tools {"));
        let messages = fs::read_to_string(format!("tests/ui/{case}.stderr")).unwrap();
        let (with, without): (Vec<_>, Vec<_>) = faults(&messages)
            .into_iter()
            .partition(|fault| fault.line > tools);
        let expected: Vec<_> = without
            .into_iter()
            .map(|fault| inside(fault, tools - bare))
            .collect();
        assert!(!expected.is_empty());
        assert_eq!(with, expected, "{case}");
    }
}

/// The fault as the compiler tells it of a body in a closure or an async block.
fn inside(fault: Fault, below: usize) -> Fault {
    const WORDS: [(&str, &str); 4] = [
        ("`bare::", "`tools::"),
        ("used in a function", "used in a closure"),
        ("used in an async function", "used in an async block"),
        (
            "cannot assign to immutable argument",
            "cannot assign twice to immutable variable",
        ),
    ];
    let message = WORDS.iter().fold(fault.message, |message, (bare, tool)| {
        message.replace(bare, tool)
    });
    Fault {
        line: fault.line + below,
        message,
        ..fault
    }
}

/// What is told, and where.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fault {
    line: usize,
    column: usize,
    message: String,
}

/// In the order of the file.
fn faults(messages: &str) -> Vec<Fault> {
    let lines: Vec<_> = messages.lines().collect();
    let mut faults: Vec<_> = lines
        .windows(2)
        .filter_map(|pair| fault(pair[0], pair[1]))
        .collect();
    faults.sort();
    faults
}

/// From `error[…]: …` and ` --> file:line:column` below it.
fn fault(message: &str, place: &str) -> Option<Fault> {
    let place = place.trim_start().strip_prefix("--> ")?;
    let mut numbers = place.rsplit(':').map(|number| number.parse().ok());
    let (column, line) = (numbers.next()??, numbers.next()??);
    let is_main = message.starts_with("error") || message.starts_with("warning");
    is_main.then(|| Fault {
        line,
        column,
        message: message.to_owned(),
    })
}
