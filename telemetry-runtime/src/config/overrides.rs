//! Values that code gave to the builder, as the nodes that they would be in a file.

use super::node::{Content, Entry, Node, Place};
pub(crate) use crate::setting::Setting as Override;

impl Override {
    /// The node that the same value in a file would be.
    pub(crate) fn into_node(self) -> Node {
        let content = match self {
            Self::Flag(flag) => return Node::plain(flag.to_string(), Place::BUILDER),
            Self::Number(number) => return Node::plain(number.to_string(), Place::BUILDER),
            Self::Text(text) => Content::Scalar { text, plain: false },
            Self::List(items) => Content::List(items.into_iter().map(Self::into_node).collect()),
            Self::Map(entries) => Content::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| Entry {
                        key,
                        place: Place::BUILDER,
                        value: value.into_node(),
                    })
                    .collect(),
            ),
        };
        Node {
            content,
            place: Place::BUILDER,
            hidden: false,
        }
    }
}
