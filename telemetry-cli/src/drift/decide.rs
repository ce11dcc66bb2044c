//! `accept` and `reset`: what a person decides of a tool.

use std::collections::BTreeSet;

use super::source::Source;
use crate::arguments::DecideArguments;
use crate::failure::Failure;
use crate::output::{Colour, Output};

pub(super) fn accept(arguments: &DecideArguments, output: &mut Output) -> Result<u8, Failure> {
    let mut source = selected(arguments)?;
    let baselines = source.store.accept(&source.selection)?;
    output.coloured(
        Colour::Good,
        &format!("accepted: {baselines} baselines are learned anew from the calls to come"),
    )?;
    Ok(0)
}

pub(super) fn reset(arguments: &DecideArguments, output: &mut Output) -> Result<u8, Failure> {
    let mut source = selected(arguments)?;
    let baselines = source.store.reset(&source.selection)?;
    output.coloured(Colour::Good, &format!("forgotten: {baselines} baselines"))?;
    Ok(0)
}

/// Something has to be there: a name that is misspelt changes nothing.
fn selected(arguments: &DecideArguments) -> Result<Source, Failure> {
    let mut source = Source::open(&arguments.store)?;
    let known = source.store.baselines(&source.selection)?.rows;
    if let Some(tool) = &arguments.tool {
        source.selection = source.selection.tool(tool);
        if !known.iter().any(|stored| stored.key.tool == *tool) {
            let names: BTreeSet<_> = known.iter().map(|stored| &*stored.key.tool).collect();
            let names: Vec<_> = names.into_iter().take(20).collect();
            let names = if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            };
            return Err(Failure::wrong(format!(
                "there is no baseline of {tool:?}; known: {names}"
            )));
        }
    }
    Ok(source)
}
