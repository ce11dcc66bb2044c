//! Calls as indented text.

use std::fmt::Write;

use super::call::Call;

/// `calls` in the order in which they began. One whose parent is not among them stands outermost.
pub(super) fn of(calls: &[Call]) -> String {
    let mut text = String::new();
    let is_top = |call: &&Call| !calls.iter().any(|other| call.is_child_of(other));
    for call in calls.iter().filter(is_top) {
        push(&mut text, calls, call);
    }
    text
}

/// Not recursive: calls may be nested deeper than a stack is.
fn push(text: &mut String, calls: &[Call], top: &Call) {
    let mut left = vec![(0, top)];
    while let Some((depth, call)) = left.pop() {
        let line = call.to_string().replace('\n', " ");
        let _ = writeln!(text, "{:indent$}{line}", "", indent = depth * 2);
        let children = calls.iter().filter(|other| other.is_child_of(call));
        let at = left.len();
        left.extend(children.map(|child| (depth + 1, child)));
        left[at..].reverse();
    }
}
