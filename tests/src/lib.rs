//! Behaviour by topic, in `tests/`.
