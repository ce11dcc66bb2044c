//! Instructions of a call, counted by callgrind: the same on a busy machine as on an idle one.

use std::error::Error;
use std::fs;
use std::process::{Command, Stdio};

use serde::Serialize;
use telemetry_lab_harness::report::ListedVariant;

use crate::options::{Options, Variants};
use crate::peers::Program;

/// Calls that are counted: some ring or queue may grow meanwhile, as it would.
const CALLS: u64 = 1000;

/// Of the calling thread alone.
#[derive(Serialize)]
struct Instructions {
    peer: String,
    variant: String,
    case: String,
    /// A call, the bare call's taken off.
    instructions: f64,
}

pub(crate) fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    println!("instructions a call, the bare call's taken off");
    options.each(Variants::All, |program, variant| {
        let listed = program.list()?;
        let known = listed.variants.iter().find(|known| known.name == variant);
        let mut results = Vec::new();
        for case in cases(known, options) {
            let count = |bare| counted(program, variant, &case, bare);
            let instructions = (count(false)? - count(true)?) / CALLS as f64;
            println!(
                "{:<10} {variant:<14} {case:<26} {instructions:>9.1}",
                listed.peer
            );
            results.push(Instructions {
                peer: listed.peer.clone(),
                variant: variant.to_owned(),
                case,
                instructions,
            });
        }
        Ok(results)
    })
}

fn cases(known: Option<&ListedVariant>, options: &Options) -> Vec<String> {
    let all = known.map(|known| known.cases.clone()).unwrap_or_default();
    let wanted = |case: &String| options.case.as_ref().is_none_or(|wanted| wanted == case);
    all.into_iter().filter(wanted).collect()
}

/// Of all calls together. Collecting is on inside the function `counted_calls` only, and so in
/// the thread that calls it only.
fn counted(
    program: &Program,
    variant: &str,
    case: &str,
    bare: bool,
) -> Result<f64, Box<dyn Error>> {
    let directory = std::env::temp_dir();
    let file = directory.join(format!("telemetry-lab-{}.callgrind", std::process::id()));
    let calls = CALLS.to_string();
    let mut line = vec![
        "count",
        "--variant",
        variant,
        "--case",
        case,
        "--calls",
        &calls,
    ];
    line.extend(bare.then_some("--bare"));
    let inner = program.command(&line);
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--collect-atstart=no"])
        .arg("--toggle-collect=*counted_calls*")
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(inner.get_program())
        .args(inner.get_args())
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("valgrind: {error}"))?;
    if !status.success() {
        return Err(format!("valgrind, case `{case}`: {status}").into());
    }
    let text = fs::read_to_string(&file)?;
    fs::remove_file(&file)?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    let total = total.ok_or("callgrind's file has no line `totals`")?;
    Ok(total.trim().parse()?)
}
