//! The command line of a program that is measured.

use std::error::Error;
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::*;
use serde::Serialize;

use crate::peer::{Peer, Target};
use crate::report::{Listed, ListedVariant, Subject};
use crate::{calls, lines, load, server, threads};

const USAGE: &str = "\
Usage: PROGRAM COMMAND [--variant NAME] [OPTION…]

Commands, each of which prints one JSON document:
  list                                   Variants and cases
  calls [--rounds N] [--tight]           What a call costs the thread that makes it
  count --case NAME --calls N [--bare]   Calls for callgrind to count; prints nothing
  threads [--rounds N]                   What one, two and four threads get done
  steady --url URL [--rate N] [--seconds N]       So many calls a second, sent to URL by OTLP
  overload --url URL [--threads N] [--seconds N]  Calls without a pause, sent to URL by OTLP
  lines --url URL [--threads N] [--lines N] [--hold S]  Log lines, pushed to Loki at URL";

/// What `main` does.
pub fn main<P: Peer>() -> ExitCode {
    match run::<P>(std::env::args_os().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", P::NAME);
            ExitCode::FAILURE
        }
    }
}

/// What `main` does, of the arguments behind the program's name.
///
/// # Errors
///
/// When the arguments are wrong, or the measurement cannot be made.
pub fn run<P: Peer>(arguments: impl Iterator<Item = OsString>) -> Result<(), Box<dyn Error>> {
    let mut arguments = lexopt::Parser::from_args(arguments);
    let mut command = None;
    let mut variant = P::VARIANTS[0].name.to_owned();
    let (mut rounds, mut count) = (300, 10_000);
    let (mut tight, mut bare) = (false, false);
    let mut case = String::new();
    let mut url = String::new();
    let (mut rate, mut seconds, mut callers) = (100_000, 20, 1);
    let (mut lines_written, mut hold) = (200_000, 0);
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(word) if command.is_none() => command = Some(word.string()?),
            Long("variant") => variant = arguments.value()?.string()?,
            Long("rounds") => rounds = arguments.value()?.parse()?,
            Long("tight") => tight = true,
            Long("case") => case = arguments.value()?.string()?,
            Long("calls") => count = arguments.value()?.parse()?,
            Long("bare") => bare = true,
            Long("url") => url = arguments.value()?.string()?,
            Long("rate") => rate = arguments.value()?.parse()?,
            Long("seconds") => seconds = arguments.value()?.parse()?,
            Long("lines") => lines_written = arguments.value()?.parse()?,
            Long("hold") => hold = arguments.value()?.parse()?,
            Long("threads") => callers = arguments.value()?.parse()?,
            Short('h') | Long("help") => {
                println!("{USAGE}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    if !P::VARIANTS.iter().any(|known| known.name == variant) {
        return Err(format!("there is no variant `{variant}`").into());
    }
    let time = Duration::from_secs(seconds);
    match command.as_deref() {
        Some("list") => print(&list::<P>()),
        Some("calls") => print(&calls::measure::<P>(&variant, &forget()?, rounds, tight)),
        Some("count") => Ok(calls::count::<P>(&variant, &forget()?, &case, count, bare)?),
        Some("threads") => print(&threads::measure::<P>(&variant, &forget()?, rounds)),
        Some("steady") => print(&load::steady::<P>(&variant, &otlp::<P>(url)?, rate, time)),
        Some("overload") => print(&load::overload::<P>(
            &variant,
            &otlp::<P>(url)?,
            callers,
            time,
        )),
        Some("lines") => {
            let lines = P::LINES.ok_or("writes no lines to Loki")?;
            let subject = subject::<P>(&variant, Vec::new());
            let hold = Duration::from_secs(hold);
            let callers = u64::try_from(callers)?;
            print(&lines::measure(
                lines,
                subject,
                &url,
                callers,
                lines_written,
                hold,
            ))
        }
        _ => Err(USAGE.into()),
    }
}

fn otlp<P: Peer>(url: String) -> Result<Target, Box<dyn Error>> {
    if !P::OTLP {
        return Err("sends no OTLP over HTTP".into());
    }
    if url.is_empty() {
        return Err("where to? --url http://127.0.0.1:4318".into());
    }
    Ok(Target::Otlp(url))
}

fn forget() -> Result<Target, Box<dyn Error>> {
    Ok(Target::Forget(server::listen(drop)?))
}

fn print(report: &impl Serialize) -> Result<(), Box<dyn Error>> {
    println!("{}", serde_json::to_string(report)?);
    Ok(())
}

fn list<P: Peer>() -> Listed {
    let variant = |name: &'static str| ListedVariant {
        name: name.to_owned(),
        cases: P::cases(name)
            .iter()
            .map(|case| case.name.to_owned())
            .collect(),
    };
    Listed {
        peer: P::NAME.to_owned(),
        otlp: P::OTLP,
        lines: P::LINES.is_some(),
        variants: P::VARIANTS
            .iter()
            .map(|known| variant(known.name))
            .collect(),
    }
}

/// Of this peer, set up so.
pub(crate) fn subject<P: Peer>(variant: &str, settings: Vec<String>) -> Subject {
    let known = P::VARIANTS.iter().find(|known| known.name == variant);
    Subject {
        peer: P::NAME.to_owned(),
        versions: P::VERSIONS
            .iter()
            .map(|&version| version.to_owned())
            .collect(),
        variant: variant.to_owned(),
        what: known.map_or("", |known| known.what).to_owned(),
        settings,
    }
}
