//! What the commands that measure take: which peers, set up how, and for how long.

use std::error::Error;
use std::path::PathBuf;

use lexopt::prelude::*;
use serde::Serialize;

use crate::peers::{self, OURS, Program};

/// Every command takes all; those that a measurement has no use for change nothing.
const USAGE: &str = "\
Usage: telemetry-lab COMMAND [OPTION…]

  --peer NAME      One of those below lab/peers, or `ours`, which is measured where none is named
  --all            All of them
  --variant NAME   Only this way to set it up; some commands measure the first one otherwise
  --json FILE      Everything that was measured, beside the table
  --rounds N       Batches of 1,000 calls a case, interleaved with the others' (default 300)
  --tight          calls: tight loops too
  --case NAME      instructions: only this one
  --rate N         steady: calls a second (default: 10,000, then 100,000)
  --seconds N      steady, overload: for how long (default 20, 5)
  --loki PATH      lines: Loki's program; left out: what tests/backends/build made
  --lines N        lines: how many (default 200,000)
  --down           steady, overload: to where nobody listens";

/// What was asked for.
#[derive(Default)]
pub(crate) struct Options {
    names: Vec<String>,
    variant: Option<String>,
    json: Option<PathBuf>,
    pub(crate) rounds: Option<u32>,
    pub(crate) tight: bool,
    pub(crate) case: Option<String>,
    pub(crate) rate: Option<u64>,
    pub(crate) seconds: Option<u32>,
    pub(crate) down: bool,
    pub(crate) loki: Option<PathBuf>,
    pub(crate) lines: Option<u64>,
}

impl Options {
    /// The rest of the line; `None` where only help was wanted.
    pub(crate) fn read(mut arguments: lexopt::Parser) -> Result<Option<Self>, Box<dyn Error>> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("peer") => options.names.push(arguments.value()?.string()?),
                Long("all") => options.names.extend(peers::all()?),
                Long("variant") => options.variant = Some(arguments.value()?.string()?),
                Long("json") => options.json = Some(arguments.value()?.into()),
                Long("rounds") => options.rounds = Some(arguments.value()?.parse()?),
                Long("tight") => options.tight = true,
                Long("case") => options.case = Some(arguments.value()?.string()?),
                Long("rate") => options.rate = Some(arguments.value()?.parse()?),
                Long("seconds") => options.seconds = Some(arguments.value()?.parse()?),
                Long("loki") => options.loki = Some(arguments.value()?.into()),
                Long("lines") => options.lines = Some(arguments.value()?.parse()?),
                Long("down") => options.down = true,
                Short('h') | Long("help") => {
                    println!("{USAGE}");
                    return Ok(None);
                }
                other => return Err(other.unexpected().into()),
            }
        }
        if options.names.is_empty() {
            options.names.push(OURS.to_owned());
        }
        Ok(Some(options))
    }

    /// Hands each program, built, with each of its variants that is wanted to `measure`, and
    /// writes what comes of it where `--json` says.
    pub(crate) fn each<T: Serialize>(
        &self,
        which: Variants,
        mut measure: impl FnMut(&Program, &str) -> Result<Vec<T>, Box<dyn Error>>,
    ) -> Result<(), Box<dyn Error>> {
        let mut results = Vec::new();
        for name in &self.names {
            let program = Program::build(name)?;
            let known = program.list()?.variants.into_iter().map(|known| known.name);
            let wanted: Vec<_> = match (&self.variant, which) {
                (Some(variant), _) => known.filter(|name| name == variant).collect(),
                (None, Variants::All) => known.collect(),
                (None, Variants::First) => known.take(1).collect(),
            };
            for variant in wanted {
                results.append(&mut measure(&program, &variant)?);
            }
        }
        if let Some(path) = &self.json {
            std::fs::write(path, serde_json::to_vec_pretty(&results)?)?;
        }
        Ok(())
    }
}

/// Those that are measured where none is named.
#[derive(Clone, Copy)]
pub(crate) enum Variants {
    All,
    First,
}
