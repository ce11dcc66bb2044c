//! Examples: one idea a file, in `examples/`. Start with `quickstart`.
