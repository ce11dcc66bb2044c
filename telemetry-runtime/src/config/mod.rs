//! What a user may say, from the file, the environment and the builder.

mod settings;

pub(crate) use settings::*;
