//! The tree under construction: what is open, duplicate keys, merge keys, tags.

use std::collections::HashSet;

use saphyr_parser::{ScalarStyle, Tag};

use crate::config::fault::{Fault, short};
use crate::config::node::{Content, Entry, Node, Place};

#[derive(Default)]
pub(super) struct Tree {
    open: Vec<Open>,
    root: Option<Node>,
    /// Keys that stand twice or are no text.
    faults: Vec<Fault>,
}

/// A list or map whose end has not come.
struct Open {
    collection: Collection,
    place: Place,
    anchor: usize,
    nodes_before: usize,
    /// A tag that makes it something no key can mean.
    foreign: Option<String>,
}

enum Collection {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        seen: HashSet<String>,
        merged: Vec<Node>,
        key: Option<Key>,
    },
}

struct Key {
    text: String,
    place: Place,
    /// A plain `<<`.
    merge: bool,
}

impl Tree {
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    pub(super) fn open_list(
        &mut self,
        anchor: usize,
        nodes_before: usize,
        tag: Option<&Tag>,
        place: Place,
    ) {
        let foreign = foreign(tag, "seq");
        self.open.push(Open {
            collection: Collection::List(Vec::new()),
            place,
            anchor,
            nodes_before,
            foreign,
        });
    }

    pub(super) fn open_map(
        &mut self,
        anchor: usize,
        nodes_before: usize,
        tag: Option<&Tag>,
        place: Place,
    ) {
        let collection = Collection::Map {
            entries: Vec::new(),
            seen: HashSet::new(),
            merged: Vec::new(),
            key: None,
        };
        self.open.push(Open {
            collection,
            place,
            anchor,
            nodes_before,
            foreign: foreign(tag, "map"),
        });
    }

    /// Ends the innermost list or map: the node, its anchor, and how many nodes there were before it.
    pub(super) fn close(&mut self) -> Option<(Node, usize, usize)> {
        let open = self.open.pop()?;
        let content = match (open.foreign, open.collection) {
            (Some(tag), _) => Content::Tagged(tag),
            (None, Collection::List(items)) => Content::List(items),
            (
                None,
                Collection::Map {
                    entries,
                    seen,
                    merged,
                    ..
                },
            ) => Content::Map(self.merge(entries, seen, merged)),
        };
        Some((
            Node {
                content,
                place: open.place,
                hidden: false,
            },
            open.anchor,
            open.nodes_before,
        ))
    }

    /// What `<<` brings and the map does not say itself; of two merged maps the first wins.
    fn merge(
        &mut self,
        mut entries: Vec<Entry>,
        mut seen: HashSet<String>,
        merged: Vec<Node>,
    ) -> Vec<Entry> {
        let mut maps = Vec::new();
        for node in merged {
            match node.content {
                Content::List(items) => maps.extend(items),
                _ => maps.push(node),
            }
        }
        for map in maps {
            match map.content {
                Content::Map(more) => entries.extend(
                    more.into_iter()
                        .filter(|entry| seen.insert(entry.key.clone())),
                ),
                _ => self.faults.push(Fault::new(
                    &map.place,
                    "",
                    "found no map after <<, allowed: an alias of a map, or a list of such",
                )),
            }
        }
        entries
    }

    /// Puts a finished node where it belongs: root, list, key or value.
    pub(super) fn add(&mut self, node: Node) {
        match self.open.last_mut().map(|open| &mut open.collection) {
            None => self.root = Some(node),
            Some(Collection::List(items)) => items.push(node),
            Some(Collection::Map {
                entries,
                seen,
                merged,
                key,
            }) => match key.take() {
                None => *key = Some(Key::of(node, &mut self.faults)),
                Some(Key { merge: true, .. }) => merged.push(node),
                Some(Key { text, place, .. }) => {
                    if !seen.insert(text.clone()) {
                        self.faults.push(Fault::new(
                            &place,
                            "",
                            format!("the key {} stands twice in this map", short(&text)),
                        ));
                    }
                    entries.push(Entry {
                        key: text,
                        place,
                        value: node,
                    });
                }
            },
        }
    }

    pub(super) fn finish(self) -> (Option<Node>, Vec<Fault>) {
        (self.root, self.faults)
    }
}

impl Key {
    fn of(node: Node, faults: &mut Vec<Fault>) -> Self {
        match node.content {
            Content::Scalar { text, plain } => Self {
                merge: plain && text == "<<",
                text,
                place: node.place,
            },
            _ => {
                faults.push(Fault::new(
                    &node.place,
                    "",
                    "found a key that is a list, a map or tagged, allowed: a text",
                ));
                Self {
                    text: format!("\0{}", node.place),
                    place: node.place,
                    merge: false,
                }
            }
        }
    }
}

/// A scalar as its style and tag want it read.
pub(super) fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, place: Place) -> Node {
    let plain = style == ScalarStyle::Plain;
    let scalar = |plain| Content::Scalar {
        text: text.to_owned(),
        plain,
    };
    let content = match tag.map(name) {
        None => scalar(plain),
        Some(tag) => match tag.strip_prefix(CORE) {
            Some("str") => scalar(false),
            Some("int" | "float" | "bool" | "null") => scalar(true),
            _ if tag == "!" => scalar(false),
            _ => Content::Tagged(tag),
        },
    };
    Node {
        content,
        place,
        hidden: false,
    }
}

const CORE: &str = "tag:yaml.org,2002:";

fn name(tag: &Tag) -> String {
    format!("{}{}", tag.handle, tag.suffix)
}

/// The tag's name unless it says what the collection is anyway.
fn foreign(tag: Option<&Tag>, kind: &str) -> Option<String> {
    tag.map(name)
        .filter(|tag| tag != "!" && tag.strip_prefix(CORE) != Some(kind))
}
