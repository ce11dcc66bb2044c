//! What depends on the edition of the annotated crate, in `tests/`.
