//! YAML text to nodes that know their place.
//!
//! Made from the parser's events rather than from one of its loaders: nesting and the number
//! of nodes are bounded while they come, `<<` is expanded where the map ends, quoted scalars stay
//! apart from plain ones, and what a message says of the text is ours to choose.

mod tree;

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScanError};

use super::fault::Fault;
use super::node::{Node, Place};
use tree::Tree;

/// Maps and lists inside each other.
const DEEPEST: usize = 32;
/// Scalars, lists and maps, each alias counted with all that it stands for.
const MOST_NODES: usize = 100_000;

/// The document's root, `None` where it has none. `start` names the origin.
pub(crate) fn parse(text: &str, start: &Place) -> Result<Option<Node>, Vec<Fault>> {
    let mut reader = Reader {
        text,
        start,
        tree: Tree::default(),
        anchors: HashMap::new(),
        nodes: 0,
        documents: 0,
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let outcome = match event {
            Ok((event, span)) => reader.take(event, reader.place(&span.start)),
            Err(error) => Err(reader.scan_fault(&error)),
        };
        outcome.map_err(|fault| vec![fault])?;
    }
    let (root, faults) = reader.tree.finish();
    if faults.is_empty() {
        Ok(root)
    } else {
        Err(faults)
    }
}

struct Reader<'a> {
    text: &'a str,
    start: &'a Place,
    tree: Tree,
    /// By the parser's number: the node and how many nodes it is.
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    documents: usize,
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>, place: Place) -> Result<(), Fault> {
        let before = self.nodes;
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Fault::new(
                        &place,
                        "",
                        "found a second document (---), allowed: one",
                    ));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1, &place)?;
                let node = tree::scalar(&text, style, tag.as_deref(), place);
                self.finished(node, anchor, before);
            }
            Event::SequenceStart(anchor, tag) => {
                self.deeper(&place)?;
                self.tree.open_list(anchor, before, tag.as_deref(), place);
            }
            Event::MappingStart(anchor, tag) => {
                self.deeper(&place)?;
                self.tree.open_map(anchor, before, tag.as_deref(), place);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((node, anchor, before)) = self.tree.close() {
                    self.finished(node, anchor, before);
                }
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(Fault::new(
                        &place,
                        "",
                        "found an alias (*…) inside the anchor it refers to",
                    ));
                };
                self.count(size, &place)?;
                self.tree.add(node);
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn finished(&mut self, node: Node, anchor: usize, before: usize) {
        if anchor > 0 {
            self.anchors
                .insert(anchor, (node.clone(), self.nodes - before));
        }
        self.tree.add(node);
    }

    fn deeper(&mut self, place: &Place) -> Result<(), Fault> {
        if self.tree.depth() >= DEEPEST {
            return Err(Fault::new(
                place,
                "",
                format!("nested too deep, allowed: {DEEPEST} maps and lists inside each other"),
            ));
        }
        self.count(1, place)
    }

    fn count(&mut self, nodes: usize, place: &Place) -> Result<(), Fault> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MOST_NODES {
            let text = format!(
                "too many values, allowed: {MOST_NODES}, each alias (*…) counted with all it stands for"
            );
            return Err(Fault::new(place, "", text));
        }
        Ok(())
    }

    fn place(&self, marker: &Marker) -> Place {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Place {
            origin: self.start.origin.clone(),
            line: number(marker.line()),
            column: number(marker.col() + 1),
        }
    }

    /// The parser's own words, which name characters at most, and what is usually behind them.
    fn scan_fault(&self, error: &ScanError) -> Fault {
        let line = self
            .text
            .lines()
            .nth(error.marker().line().saturating_sub(1))
            .unwrap_or_default();
        let indentation = line.len() - line.trim_start().len();
        let hint = if line[..indentation].contains('\t') {
            "; there is a tab in the line's indentation, YAML wants spaces"
        } else if line.contains("${") && line.contains(['{', '[']) {
            "; a value with ${…} inside { } or [ ] wants quotes"
        } else {
            ""
        };
        Fault::new(
            &self.place(error.marker()),
            "",
            format!("no YAML: {}{hint}", error.info()),
        )
    }
}

#[cfg(test)]
mod tests;
