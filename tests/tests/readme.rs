//! What README.md and `docs/` say, against what the code says.
//!
//! The parts that the code writes: `UPDATE_DOCS=1 cargo test -p telemetry-tests --test readme`.
//! Their Rust is compiled with the doctests of this crate, see `src/lib.rs`.

#![expect(clippy::unwrap_used, reason = "all of it is a test, helpers too")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use telemetry_runtime::{Telemetry, tool};

#[test]
fn every_key_and_every_variable() {
    let config = format!("```yaml\n{}```", Telemetry::documented_config());
    generated("README.md", "documented_config", &config);
    generated("docs/configuration.md", "documented_config", &config);
    let variables = Telemetry::documented_variables();
    generated("docs/configuration.md", "documented_variables", &variables);
}

#[test]
fn features_are_those_of_the_manifest() {
    let readme = read("README.md");
    let rows = rows(part(&readme, "features"));
    let named: BTreeSet<_> = rows
        .iter()
        .map(|row| (row[0].trim_matches('`').to_owned(), row[1] == "yes"))
        .collect();

    let manifest = read("telemetry-runtime/Cargo.toml");
    let (_, features) = manifest.split_once("\n[features]\n").unwrap();
    let (features, _) = features.split_once("\n[").unwrap();
    let (_, default) = features.split_once("default = [").unwrap();
    let (default, _) = default.split_once(']').unwrap();
    let are: BTreeSet<_> = features
        .lines()
        .filter_map(|line| line.split_once(" = ["))
        .map(|(name, _)| name)
        .filter(|name| !name.starts_with(['_', ' ', '#']) && *name != "default")
        .map(|name| {
            let is_default = default.contains(&format!("\"{name}\""));
            (name.to_owned(), is_default)
        })
        .collect();
    assert_eq!(named, are);
}

/// `tests/shapes.md` names a test for every shape.
#[test]
fn every_shape_has_the_test_that_is_named() {
    let page = read("tests/shapes.md");
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let mut named = 0;
    for row in rows.filter(|row| !row.ends_with("| test |")) {
        let (_, tests) = row.trim_end_matches(" |").rsplit_once(" | ").unwrap();
        for test in tests.split(", ") {
            let (file, function) = test.trim_matches('`').split_once("::").expect(row);
            let source = read(&format!("tests/tests/{file}.rs"));
            let (before, _) = source
                .split_once(&format!("fn {function}() "))
                .unwrap_or_else(|| panic!("no test {test}"));
            let attributes = before.rsplit("\n\n").next().unwrap();
            assert!(attributes.contains("test]"), "{test} is no test");
            named += 1;
        }
    }
    assert!(named > 30, "{named} tests are named");
}

#[test]
fn links_lead_somewhere() {
    for page in PAGES.into_iter().chain(WITHOUT_FILES) {
        let text = read(page);
        let folder = Path::new(page).parent().unwrap();
        for link in text.split("](").skip(1) {
            let (link, _) = link.split_once(')').unwrap();
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            if link.contains("://") {
                continue;
            }
            let file = if file.is_empty() {
                PathBuf::from(page)
            } else {
                folder.join(file)
            };
            let target = root().join(&file);
            assert!(target.exists(), "{page}: {link}");
            if !anchor.is_empty() {
                let headings = read(file.to_str().unwrap());
                assert!(
                    headings.lines().any(|line| slug(line) == anchor),
                    "{page}: {link}"
                );
            }
        }
    }
}

#[test]
fn the_map_shows_what_is_there() {
    let readme = read("README.md");
    let (_, map) = readme.split_once("## Map of the repository").unwrap();
    let map = fenced(map, "text").remove(0);
    let mut folder = PathBuf::new();
    let mut seen = 0;
    for line in map.lines() {
        let name = line.split_whitespace().next().unwrap();
        let path = match line.starts_with(' ') {
            true => folder.join(name),
            false => {
                folder = PathBuf::from(name);
                folder.clone()
            }
        };
        assert!(root().join(&path).exists(), "{}", path.display());
        seen += 1;
    }
    assert!(seen > 10, "{seen} lines");
}

/// Each file shown loads without a fault, and everything that is emitted stands in the table of
/// metrics. One test, since one process has one telemetry.
#[test]
fn files_load_and_metrics_are_those_of_the_table() {
    let folder = tempfile::tempdir().unwrap();
    files_load(folder.path());
    metrics_are_those_of_the_table(folder.path());
}

fn files_load(folder: &Path) {
    let mut loaded = 0;
    let vendors = VENDORS.map(|file| (file, vec![read(file)]));
    let pages = PAGES.map(|page| (page, fenced(&read(page), "yaml")));
    for (page, files) in pages.into_iter().chain(vendors) {
        for yaml in files {
            if !yaml.contains("telemetry:\n") {
                continue;
            }
            // One each: some are watched for changes.
            let file = folder.join(format!("{loaded}.yaml"));
            fs::write(&file, with_variables_set(&yaml)).unwrap();
            let telemetry = Telemetry::builder()
                .file(&file)
                // All of it is checked, and nothing leaves this machine.
                .set("enabled", false)
                .init();
            drop(telemetry.unwrap_or_else(|error| panic!("{page}: {error}\n{yaml}")));
            loaded += 1;
        }
    }
    assert!(loaded > 10, "{loaded} files");
}

#[tool(objective(success = 99.9, latency_ms = 5))]
fn fails(number: &str) -> Result<u8, std::num::ParseIntError> {
    number.parse()
}

fn metrics_are_those_of_the_table(folder: &Path) {
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let telemetry = Telemetry::builder()
        .no_file()
        .set("traces_exporter", "file")
        .set("traces_file", path("traces.jsonl"))
        .set("metrics_exporter", vec!["prometheus", "file"])
        .set("metrics_file", path("metrics.jsonl"))
        .set("store_file", path("telemetry.db"))
        .set("logs_exporter", "file")
        .set("logs_file", path("logs.jsonl"))
        .set("prometheus_listen", "127.0.0.1:0")
        .set("thresholds", [("default", 1)])
        .init()
        .unwrap();
    assert!(fails("x").is_err());
    telemetry.flush(std::time::Duration::from_secs(10));
    let address = telemetry.health().prometheus.unwrap().unwrap();
    let page = ureq::get(format!("http://{address}/metrics"))
        .call()
        .unwrap()
        .into_body()
        .read_to_string()
        .unwrap();
    let mut emitted: BTreeSet<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .filter(|name| *name != "target_info")
        .map(str::to_owned)
        .collect();
    // Seen only where points have been dropped, and where a tool has drifted.
    emitted.insert("telemetry_metric_points_dropped_total".to_owned());
    emitted.insert("telemetry_log_records_dropped_total".to_owned());
    emitted.insert("telemetry_log_records_suppressed_total".to_owned());
    emitted.insert("tool_drift_events_total".to_owned());

    let readme = read("README.md");
    let tables = part(&readme, "metrics");
    let named: BTreeSet<_> = rows(tables)
        .iter()
        .map(|row| {
            let name = row.last().unwrap().split('`').nth(1).unwrap();
            let instrument = row[0].trim_matches('`').replace('.', "_");
            assert!(name.starts_with(&instrument), "{name}: {instrument}");
            name.to_owned()
        })
        .collect();
    assert_eq!(named, emitted);
}

const PAGES: [&str; 7] = [
    "README.md",
    "docs/command.md",
    "docs/configuration.md",
    "docs/drift.md",
    "docs/drops.md",
    "docs/from-python.md",
    "docs/logs.md",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The part of a page that the code writes is what it writes now.
fn generated(page: &str, name: &str, now: &str) {
    let text = read(page);
    let stands = part(&text, name);
    if stands.trim() == now.trim() {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_DOCS").is_some(),
        "{page} is out of date between <!-- {name} --> and <!-- /{name} -->; \
         run UPDATE_DOCS=1 cargo test -p telemetry-tests --test readme"
    );
    let mark = |text: &str| format!("<!-- {name} -->{text}<!-- /{name} -->");
    let now = mark(&format!("\n{}\n", now.trim()));
    let written = fs::write(root().join(page), text.replacen(&mark(stands), &now, 1));
    written.unwrap_or_else(|error| panic!("{page}: {error}"));
}

/// What stands between `<!-- name -->` and `<!-- /name -->`.
fn part<'a>(text: &'a str, name: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("<!-- {name} -->")).unwrap();
    rest.split_once(&format!("<!-- /{name} -->")).unwrap().0
}

/// The cells of tables, without the heads.
fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect()
}

/// The blocks of a language.
fn fenced(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .map(|block| block.split_once("```").unwrap().0.to_owned())
        .collect()
}

/// Variables that only a user has are set to something.
fn with_variables_set(yaml: &str) -> String {
    let mut text = String::new();
    let mut rest = yaml;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').unwrap();
        text.push_str(before);
        match name.chars().all(|c| c.is_ascii_uppercase() || c == '_') && name != "NAME" {
            true => text.push_str("something"),
            false => text.push_str(&format!("${{{name}}}")),
        }
        rest = after;
    }
    text + rest
}

/// Pages whose files, if they have any, need others beside them.
const WITHOUT_FILES: [&str; 6] = [
    "deploy/README.md",
    "deploy/vendors/README.md",
    "docs/call-path.md",
    "docs/loki.md",
    "lab/README.md",
    "lab/drift.md",
];

const VENDORS: [&str; 4] = [
    "deploy/vendors/datadog.yaml",
    "deploy/vendors/grafana-cloud.yaml",
    "deploy/vendors/honeycomb.yaml",
    "deploy/vendors/new-relic.yaml",
];

/// A heading as GitHub links to it.
fn slug(line: &str) -> String {
    line.trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}
