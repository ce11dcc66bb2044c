//! What stands for YAML where it is not compiled in: an error that says so.

use super::fault::Fault;
use super::features;
use super::node::{Node, Place};

pub(crate) fn parse(_text: &str, start: &Place) -> Result<Option<Node>, Vec<Fault>> {
    Err(vec![Fault::new(
        start,
        "",
        features::missing("YAML", "yaml"),
    )])
}
