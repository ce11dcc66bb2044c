//! Examples with tokio, in `examples/`: `cargo run -p telemetry-examples-tokio --example async_tokio`.
