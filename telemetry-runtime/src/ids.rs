//! Ids of traces and spans, as users see them.

use std::fmt;

/// Id of a trace: 16 bytes, never all zero. Shown as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

/// Id of a span: 8 bytes, never all zero. Shown as 16 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId([u8; 8]);

macro_rules! id {
    ($id:ident, $bytes:ty) => {
        impl $id {
            pub(crate) fn new(bytes: $bytes) -> Self {
                Self(bytes)
            }

            /// The bytes, in the order in which they are sent.
            #[must_use]
            pub fn to_bytes(self) -> $bytes {
                self.0
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

id!(TraceId, [u8; 16]);
id!(SpanId, [u8; 8]);
