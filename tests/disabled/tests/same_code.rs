//! Without any feature the machine code of a function is that without the attribute.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const FUNCTIONS: [&str; 4] = ["add", "parse", "sum", "fetched"];

#[test]
fn the_same_code_with_and_without() {
    let assembly = assembly();
    let functions = functions(&assembly);
    for name in FUNCTIONS {
        let bare = functions.get(&("bare", name)).expect(name);
        assert!(bare.len() > 2, "{name}: {bare:?}");
        match functions.get(&("tools", name)) {
            // A parameter that is dropped has been moved once more, and may be read earlier.
            Some(tool) if name == "sum" => assert_eq!(opcodes(bare), opcodes(tool), "{name}"),
            Some(tool) => assert_eq!(bare, tool, "{name}"),
            // The linker was given one for both.
            None => assert!(is_alias(&assembly, name), "{name} is not there"),
        }
    }
}

/// What is done, in whatever order and registers.
fn opcodes(instructions: &[String]) -> Vec<&str> {
    let mut all: Vec<_> = instructions
        .iter()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    all.sort_unstable();
    all
}

/// Built anew, optimised, in a folder of its own: here the workspace's features may be united.
fn assembly() -> String {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("same_code");
    let cargo = env::var_os("CARGO").expect("run by cargo");
    let status = Command::new(cargo)
        .args(["rustc", "--quiet", "--release", "--lib", "--target-dir"])
        .arg(&target)
        .args(["--config", "profile.release.debug=false"])
        .args([
            "--",
            "--emit=asm",
            "-Ccodegen-units=1",
            "-Csymbol-mangling-version=v0",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo runs");
    assert!(status.success());
    let newest = listing(&target.join("release/deps"));
    fs::read_to_string(newest).expect("the assembly was written")
}

fn listing(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder).expect("what was built");
    let files = files.map(|file| file.expect("a file").path());
    let listings = files.filter(|path| path.extension().is_some_and(|end| end == "s"));
    let by_age = listings.max_by_key(|path| path.metadata().and_then(|it| it.modified()).ok());
    by_age.expect("a listing")
}

/// The instructions of each function, with the names of labels by their order.
fn functions(assembly: &str) -> BTreeMap<(&'static str, &'static str), Vec<String>> {
    let mut functions = BTreeMap::new();
    let mut lines = assembly.lines();
    while let Some(line) = lines.next() {
        let Some(found) = line.strip_suffix(':').and_then(named) else {
            continue;
        };
        let body = lines
            .by_ref()
            .take_while(|line| !line.contains(".cfi_endproc"));
        let mut labels = Vec::new();
        functions.insert(
            found,
            body.filter_map(|line| normal(line, &mut labels)).collect(),
        );
    }
    functions
}

/// Module and name of one of the functions, by its symbol (v0: lengths before words).
fn named(symbol: &str) -> Option<(&'static str, &'static str)> {
    let module = ["bare", "tools"]
        .into_iter()
        .find(|module| symbol.contains(&format!("{}{module}", module.len())))?;
    let is_name = |name: &&str| symbol.ends_with(&format!("{}{name}", name.len()));
    Some((module, FUNCTIONS.into_iter().find(is_name)?))
}

/// An instruction; `None` for what is none.
fn normal(line: &str, labels: &mut Vec<String>) -> Option<String> {
    let line = line.trim();
    if line.starts_with('.') && !line.ends_with(':') || line.starts_with('#') || line.is_empty() {
        return None;
    }
    let words = line.split_inclusive(|c: char| !(c.is_alphanumeric() || "._$@".contains(c)));
    let words = words.map(|word| {
        let end = word.trim_end_matches(|c: char| !(c.is_alphanumeric() || "._$@".contains(c)));
        if !end.starts_with(".L") {
            return word.to_owned();
        }
        let at = labels
            .iter()
            .position(|label| label == end)
            .unwrap_or_else(|| {
                labels.push(end.to_owned());
                labels.len() - 1
            });
        word.replace(end, &format!("label {at}"))
    });
    Some(words.collect())
}

/// `tool = bare`, or `.set tool, bare`: the compiler found them the same itself.
fn is_alias(assembly: &str, name: &str) -> bool {
    assembly.lines().any(|line| {
        let line = line.trim();
        let line = line.strip_prefix(".set").unwrap_or(line);
        let Some((alias, of)) = line.split_once(['=', ',']) else {
            return false;
        };
        named(alias.trim()) == Some(("tools", known(name)))
            && named(of.trim()) == Some(("bare", known(name)))
    })
}

fn known(name: &str) -> &'static str {
    let mut all = FUNCTIONS.into_iter();
    all.find(|known| *known == name).expect("one of them")
}
