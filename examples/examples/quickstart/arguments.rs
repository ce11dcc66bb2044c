//! What the command line asks for.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The text of `--help`.
pub(crate) const HELP: &str = "\
A small agent that studies the files of a directory. Its steps are tools, and at the end
it reports what they did: calls, errors, durations, the slowest trace.

Usage: cargo run --release --example quickstart [-- [OPTIONS] [PATH]]

  PATH               a directory; without one, the workspace of this example
  --max-files N      study no more than N files [default: 5000]
  -h, --help         this text

Folders named .git, target and telemetry-out are left out, symbolic links are not followed.

With a telemetry.yaml or config/telemetry.yaml in the working directory, with
TELEMETRY_CONFIG, or with a variable that names an exporter or an endpoint
(such as OTEL_EXPORTER_OTLP_ENDPOINT), telemetry goes where that says. Otherwise it goes
into files below telemetry-out/ in the working directory.
";

const MAX_FILES: usize = 5000;

/// What to do.
#[derive(Debug, PartialEq)]
pub(crate) enum Request {
    Help,
    Run(Arguments),
}

/// What to study.
#[derive(Debug, PartialEq)]
pub(crate) struct Arguments {
    pub(crate) path: PathBuf,
    pub(crate) max_files: usize,
}

/// Reads the arguments after the program's name. An error is the text for the person who
/// typed them.
pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, String> {
    let mut arguments = arguments.into_iter();
    let (mut path, mut max_files, mut options_end) = (None, MAX_FILES, false);
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy().into_owned();
        match text.as_str() {
            "--" if !options_end => options_end = true,
            "-h" | "--help" if !options_end => return Ok(Request::Help),
            "--max-files" if !options_end => max_files = number(arguments.next())?,
            option if option.starts_with('-') && !options_end => {
                return Err(match option.strip_prefix("--max-files=") {
                    Some(value) => {
                        max_files = number(Some(value.into()))?;
                        continue;
                    }
                    None => format!("unknown option {option:?}; --help lists the options"),
                });
            }
            _ if path.is_none() => path = Some(PathBuf::from(argument)),
            more => return Err(format!("one PATH is enough, found {more:?} too")),
        }
    }
    Ok(Request::Run(Arguments {
        path: path.unwrap_or_else(workspace),
        max_files,
    }))
}

fn number(value: Option<OsString>) -> Result<usize, String> {
    let value = value.ok_or("--max-files needs a number, such as --max-files 500")?;
    let text = value.to_string_lossy();
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| format!("--max-files: found {text:?}, allowed: a whole number from 1"))
}

/// Where this example was built; the working directory where that is gone.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .filter(|workspace| workspace.is_dir())
        .map_or_else(|| PathBuf::from("."), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(arguments: &[&str]) -> Result<Request, String> {
        read(arguments.iter().map(OsString::from))
    }

    #[test]
    fn a_path_and_an_option() {
        let expected = |max_files| {
            Ok(Request::Run(Arguments {
                path: "here".into(),
                max_files,
            }))
        };
        assert_eq!(read_all(&["here"]), expected(MAX_FILES));
        assert_eq!(read_all(&["--max-files", "7", "here"]), expected(7));
        assert_eq!(read_all(&["here", "--max-files=8"]), expected(8));
        assert_eq!(read_all(&["here", "-h"]), Ok(Request::Help));
    }

    #[test]
    fn after_two_hyphens_everything_is_a_path() {
        let Ok(Request::Run(arguments)) = read_all(&["--", "--help"]) else {
            panic!("no run");
        };
        assert_eq!(arguments.path, PathBuf::from("--help"));
    }

    #[test]
    fn a_wrong_argument_is_named() {
        for (arguments, part) in [
            (&["--fast"][..], "unknown option \"--fast\""),
            (&["a", "b"], "found \"b\" too"),
            (&["--max-files"], "needs a number"),
            (&["--max-files", "0"], "found \"0\""),
            (&["--max-files=many"], "found \"many\""),
        ] {
            let error = read_all(arguments).unwrap_err();
            assert!(error.contains(part), "{arguments:?}: {error}");
        }
    }
}
