//! Behaviour by topic, in `tests/`.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../docs/from-python.md")]
struct FromPython;
