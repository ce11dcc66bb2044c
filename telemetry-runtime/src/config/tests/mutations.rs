//! Whatever stands in a file, loading it says yes or no and never panics.

use super::*;

const FILES: [&str; 6] = [
    include_str!("../testdata/python-full.yaml"),
    include_str!("../testdata/merged.yaml"),
    include_str!("../testdata/grafana-cloud.yaml"),
    include_str!("../testdata/jaeger.yaml"),
    include_str!("../testdata/honeycomb.yaml"),
    include_str!("../testdata/prometheus.yaml"),
];
const PIECES: [&str; 44] = [
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
fn mutated_files_never_panic() {
    let mut random = fastrand::Rng::with_seed(20_260);
    let (mut fine, mut refused) = (0, 0);
    for round in 0..4000 {
        let mut text = FILES[round % FILES.len()].as_bytes().to_vec();
        for _ in 0..random.usize(1..8) {
            mutate(&mut text, &mut random);
        }
        let test = Try::with_file(&text).environment([("A", "x: [1"), ("GRAFANA_OTLP_TOKEN", "t")]);
        match test.load() {
            Ok(loaded) => {
                fine += 1;
                assert!(!loaded.effective.to_string().is_empty());
            }
            Err(error) => {
                refused += 1;
                assert!(error.is_config() && !error.faults().is_empty());
                let place = |fault: &String| fault.starts_with("telemetry.yaml");
                assert!(error.faults().iter().all(place), "{error}");
            }
        }
    }
    assert!(fine > 80 && refused > 1000, "{fine} {refused}");
}

#[test]
fn mutated_variables_never_panic() {
    let mut random = fastrand::Rng::with_seed(3);
    let names: Vec<String> = keys::all()
        .map(keys::Key::variable)
        .chain(
            otel::VARIABLES
                .iter()
                .map(|variable| variable.name.to_owned()),
        )
        .collect();
    for _ in 0..2000 {
        let mut value = b"{ a: 1, b: [x=%20y,z] }".to_vec();
        for _ in 0..random.usize(0..6) {
            mutate(&mut value, &mut random);
        }
        let value = String::from_utf8_lossy(&value);
        let name = &names[random.usize(..names.len())];
        let test = Try::new().environment([(name.as_str(), &*value)]);
        if let Err(error) = test.load() {
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}

fn mutate(text: &mut Vec<u8>, random: &mut fastrand::Rng) {
    let at = random.usize(..=text.len());
    let to = (at + random.usize(1..20)).min(text.len());
    match random.u8(..5) {
        0 => drop(text.drain(at..to)),
        1 => {
            let copy = text[at..to].to_vec();
            let target = random.usize(..=text.len());
            text.splice(target..target, copy);
        }
        2 if at < text.len() => text[at] = random.u8(..),
        _ => {
            let piece = PIECES[random.usize(..PIECES.len())];
            text.splice(at..at, piece.bytes());
        }
    }
}
