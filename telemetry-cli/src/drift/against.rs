//! What a candidate is compared with: a file, or a stored version.

use std::path::{Path, PathBuf};

use telemetry_runtime::drift::Baseline;

use super::detector::{name, observe, same};
use super::source::Source;
use crate::arguments::CheckArguments;
use crate::failure::Failure;
use crate::output::complain;

/// By tool, what was normal.
pub(super) fn baselines(arguments: &CheckArguments) -> Result<Vec<(String, Baseline)>, Failure> {
    let path = PathBuf::from(&arguments.against);
    let found = if path.exists() || arguments.against == "-" {
        of_file(&path, arguments)?
    } else {
        of_version(&arguments.against, arguments)?
    };
    if found.is_empty() {
        return Err(Failure::wrong(format!(
            "{}: too few durations to know what is normal",
            arguments.against
        )));
    }
    Ok(found)
}

fn of_file(path: &Path, arguments: &CheckArguments) -> Result<Vec<(String, Baseline)>, Failure> {
    // Both files' calls are of one tool.
    let tool = name(&arguments.file, &arguments.detector);
    let mut first = None;
    let observed = observe(
        path,
        &same(&arguments.detector, tool),
        Vec::new(),
        |_, _| {},
        |event, sample, _| {
            first.get_or_insert((event, sample));
            Ok(())
        },
    )?;
    observed
        .summary
        .remarks(path)
        .iter()
        .for_each(|remark| complain(remark));
    if let Some((event, sample)) = first {
        complain(&format!(
            "note: {} has drift of its own, first at sample {sample}: {}",
            path.display(),
            event.description
        ));
    }
    let known = observed.detector.export_baselines().into_iter();
    Ok(known
        .filter(|(_, baseline)| baseline.durations().total() > 0)
        .collect())
}

fn of_version(
    version: &str,
    arguments: &CheckArguments,
) -> Result<Vec<(String, Baseline)>, Failure> {
    let mut source = Source::open(&arguments.store).map_err(|failure| {
        Failure::wrong(format!(
            "--against {version}: there is no such file, and as a version: {failure}"
        ))
    })?;
    let stored = source
        .store
        .baselines(&source.selection.clone().version(version))?;
    stored.unreadable.iter().for_each(|why| complain(why));
    let services: Vec<_> = stored
        .rows
        .iter()
        .map(|row| (&row.key.service, &row.key.environment))
        .collect();
    if services.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(Failure::wrong(format!(
            "version {version} is stored of several services or environments: say --service and --environment"
        )));
    }
    if stored.rows.is_empty() {
        return Err(Failure::wrong(format!(
            "--against {version}: there is no such file, and no baseline of such a version in {}",
            source.store.place()
        )));
    }
    let rows = stored.rows.into_iter();
    Ok(rows
        .filter_map(|row| Some((row.key.tool, row.baseline?)))
        .collect())
}
