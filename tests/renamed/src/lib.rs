//! A library that exports the runtime again, which its manifest calls `kit`: see `tests/`.

pub use kit as telemetry;
