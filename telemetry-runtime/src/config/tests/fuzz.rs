//! Whatever stands in a file or a variable, loading it says yes or no and never panics.

use telemetry_fuzz::{Inputs, fuzz};

use super::*;

const FILES: [&[u8]; 6] = [
    include_bytes!("../testdata/python-full.yaml"),
    include_bytes!("../testdata/merged.yaml"),
    include_bytes!("../testdata/grafana-cloud.yaml"),
    include_bytes!("../testdata/jaeger.yaml"),
    include_bytes!("../testdata/honeycomb.yaml"),
    include_bytes!("../testdata/prometheus.yaml"),
];
const WORDS: [&str; 44] = [
    "${",
    "}",
    "$",
    "${A}",
    "${A:-",
    "&a ",
    "*a",
    "*keys",
    "<<: ",
    "!!str ",
    "!x ",
    "[",
    "]",
    "{",
    "}",
    ": ",
    ":",
    "- ",
    "-",
    "\n",
    "\t",
    "  ",
    "\"",
    "'",
    "|",
    ">",
    "#",
    "? ",
    "%",
    "---\n",
    "...",
    "~",
    "null",
    "1e999",
    "-0",
    ".nan",
    "\0",
    "\u{feff}",
    "é",
    "\u{2028}",
    "9999999999999999999999",
    ",",
    "\\",
    "\r\n",
];

#[test]
fn fuzz_files() {
    let inputs = Inputs {
        seeds: &FILES,
        words: &WORDS,
    };
    let (mut fine, mut refused) = (0, 0);
    fuzz("telemetry.yaml", inputs, |text| {
        let test = Try::with_file(text).environment([("A", "x: [1"), ("GRAFANA_OTLP_TOKEN", "t")]);
        match test.load() {
            Ok(loaded) => {
                fine += 1;
                assert!(!loaded.effective.to_string().is_empty());
                Vec::new()
            }
            Err(error) => {
                refused += 1;
                assert!(error.is_config() && !error.faults().is_empty());
                let place = |fault: &String| fault.starts_with("telemetry.yaml");
                assert!(error.faults().iter().all(place), "{error}");
                error.faults().iter().map(|fault| kind(fault)).collect()
            }
        }
    });
    assert!(fine > 80 && refused > 1000, "{fine} {refused}");
}

/// What is wrong, without where and what was found.
fn kind(fault: &str) -> String {
    let words = fault.split(' ').skip(1);
    words
        .filter(|word| word.bytes().all(|b| b.is_ascii_lowercase()))
        .take(6)
        .collect()
}

/// The first line names the variable.
#[test]
fn fuzz_variables() {
    let names: Vec<String> = keys::all()
        .map(keys::Key::variable)
        .chain(
            otel::VARIABLES
                .iter()
                .map(|variable| variable.name.to_owned()),
        )
        .collect();
    let seeds: Vec<String> = names
        .iter()
        .map(|name| format!("{name}\n{{ a: 1, b: [x=%20y,z] }}"))
        .collect();
    let seeds: Vec<&[u8]> = seeds.iter().map(String::as_bytes).collect();
    let inputs = Inputs {
        seeds: &seeds,
        words: &[
            &WORDS[..],
            &["http://u:p@h:1/x?y", "info", "x=debug", "%41", "Bearer "],
        ]
        .concat(),
    };
    let tried = fuzz("variables", inputs, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let (name, value) = text.split_once('\n')?;
        // The operating system has no others.
        let known = names.iter().any(|known| known == name);
        if !known || value.contains('\0') {
            return None;
        }
        let test = Try::new().environment([(name, value)]);
        let error = test.load().err();
        if let Some(error) = &error {
            assert!(error.to_string().contains(name), "{error}");
        }
        Some((
            name.to_owned(),
            error.map(|error| {
                error
                    .faults()
                    .iter()
                    .map(|fault| kind(fault))
                    .collect::<Vec<_>>()
            }),
        ))
    });
    assert!(tried.became.len() > 100, "{tried}");
}
