//! What a user may say, from the file, the environment and the builder.

mod settings;
mod temporary;

pub(crate) use settings::*;
pub(crate) use temporary::*;
