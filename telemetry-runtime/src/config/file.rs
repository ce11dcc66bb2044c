//! Finding and reading the file.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::check::Checked;
use super::environment::{Environment, Held};
use super::fault::Fault;
use super::features;
use super::keys;
use super::node::{Content, Node, Place};
use super::{variables, written, yaml};

/// Which file the configuration is read from.
#[derive(Clone, Debug, Default)]
pub(crate) enum FileChoice {
    /// That of `TELEMETRY_CONFIG`, else `telemetry.yaml`, else `config/telemetry.yaml`, else none.
    #[default]
    Search,
    /// This one, which must be there.
    Path(PathBuf),
    /// None, whatever lies about.
    None,
}

/// A file larger than this is none of ours.
const LARGEST: u64 = 1024 * 1024;
const SEARCHED: [&str; 2] = ["telemetry.yaml", "config/telemetry.yaml"];

/// Reads the chosen file into `checked`; says which it was. `directory` stands for the working directory.
pub(crate) fn read(
    choice: &FileChoice,
    directory: &Path,
    environment: &Environment,
    checked: &mut Checked,
    notices: &mut Vec<String>,
) -> Option<PathBuf> {
    let outcome = match choose(choice, directory, environment, notices) {
        Ok(None) => return None,
        Ok(Some(path)) => section(&path, directory, environment, &mut checked.faults)
            .map(|section| (path, section)),
        Err(fault) => Err(vec![fault]),
    };
    match outcome {
        Ok((path, section)) => {
            if let Some(section) = section {
                checked.section(&section);
            }
            Some(path)
        }
        Err(faults) => {
            checked.faults.extend(faults);
            None
        }
    }
}

/// The path, below `directory` where it is not absolute.
fn choose(
    choice: &FileChoice,
    directory: &Path,
    environment: &Environment,
    notices: &mut Vec<String>,
) -> Result<Option<PathBuf>, Fault> {
    match (choice, environment.get(written::CONFIG)) {
        (FileChoice::None, _) => return Ok(None),
        (FileChoice::Path(path), _) => return Ok(Some(path.clone())),
        (FileChoice::Search, Held::Text(name)) if !name.is_empty() => return Ok(Some(name.into())),
        (FileChoice::Search, Held::Bytes) => {
            return Err(Fault::new(
                &Place::variable(written::CONFIG),
                "",
                "found bytes that are not UTF-8",
            ));
        }
        (FileChoice::Search, _) => {}
    }
    for name in SEARCHED {
        match std::fs::metadata(directory.join(name)) {
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            _ if !features::has("yaml") => notices.push(format!(
                "{name} is not read: {}",
                features::missing("YAML", "yaml")
            )),
            _ => return Ok(Some(name.into())),
        }
    }
    Ok(None)
}

/// What stands under `telemetry:`, variables replaced; `None` where that is nothing.
fn section(
    path: &Path,
    directory: &Path,
    environment: &Environment,
    faults: &mut Vec<Fault>,
) -> Result<Option<Node>, Vec<Fault>> {
    let start = Place::file(&path.display().to_string());
    let text = text(&directory.join(path)).map_err(|why| vec![Fault::new(&start, "", why)])?;
    let root = yaml::parse(&text, &start)?;
    const WANTED: &str = "allowed: settings under a first line `telemetry:`";
    let Some(Node {
        content: Content::Map(entries),
        ..
    }) = root
    else {
        let found = if root.is_none_or(|root| root.is_nothing()) {
            "the file is empty"
        } else {
            "found no map"
        };
        return Err(vec![Fault::new(&start, "", format!("{found}, {WANTED}"))]);
    };
    let mut section = None;
    let mut misplaced = Vec::new();
    for entry in entries {
        if entry.key == "telemetry" {
            section = Some(entry.value);
        } else if keys::find(&entry.key).is_some() {
            misplaced.push(Fault::new(
                &entry.place,
                "",
                format!(
                    "the key {} stands at the top, allowed: indented under telemetry:",
                    entry.key
                ),
            ));
        }
    }
    faults.append(&mut misplaced);
    let Some(mut section) = section else {
        return Err(vec![Fault::new(
            &start,
            "",
            format!("found no telemetry: in it, {WANTED}"),
        )]);
    };
    variables::replace(&mut section, "", environment, faults);
    Ok(Some(section).filter(|section| !section.is_nothing()))
}

/// The file's text, without a byte order mark.
fn text(path: &Path) -> Result<String, String> {
    let cannot = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::PermissionDenied => "this process may not read it".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    let file = File::open(path).map_err(cannot)?;
    if file.metadata().map_err(cannot)?.is_dir() {
        return Err("found a directory, allowed: a file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(cannot)?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!(
            "found a file of more than {LARGEST} bytes, which is no configuration"
        ));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        format!(
            "is not UTF-8: byte {} is not",
            error.utf8_error().valid_up_to() + 1
        )
    })?;
    Ok(text
        .strip_prefix('\u{feff}')
        .map_or_else(|| text.clone(), str::to_owned))
}
