#!/usr/bin/env python3
"""Programs that were not written for this, every function of theirs a tool.

Usage: lab/foreign.py [NAME …]    (default: all of them)

Each is taken from the package registry in a fixed version, copied to target/lab-foreign, and gets
`#[tool]` above every `impl`, `trait` with a body, inline `mod` and free function of `src`, found by
reading the text from item to item; no body and no signature is touched. Its own tests run three
times: as it came, annotated without `init` (calls are no-ops), and annotated with every call
recorded and written to a file. Then the program does something, and its trace is looked at.

Fails where something does not build, where other tests pass than before, where a warning is new,
and where the trace lacks a span that it must have.
"""

import collections
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "target" / "lab-foreign"
ATTRIBUTE = "#[::telemetry_runtime::tool]\n"

# Begins before `main` and ends after it, in every program that has the library in it: the test
# programs have no `main` where a line could stand.
RECORDER = """
mod telemetry_of_tests {
    use std::sync::Mutex;
    static TELEMETRY: Mutex<Option<::telemetry_runtime::Telemetry>> = Mutex::new(None);
    extern "C" fn begin() {
        if std::env::var_os("FOREIGN_RECORDS").is_some() {
            *TELEMETRY.lock().unwrap() = ::telemetry_runtime::init().ok();
        }
    }
    extern "C" fn end() {
        drop(TELEMETRY.lock().unwrap().take());
    }
    #[used]
    #[cfg_attr(target_os = "linux", link_section = ".init_array")]
    static BEGIN: extern "C" fn() = begin;
    #[used]
    #[cfg_attr(target_os = "linux", link_section = ".fini_array")]
    static END: extern "C" fn() = end;
}
"""


class Program:
    """`left_out`: what gets no attribute, as `file: item` and why. `changed`: what has to be another
    text, as (file, text, other text, why). `not_recorded`: tests that run without telemetry only, and
    why. `unsteady`: tests that fail now and then as they came. `spans`: what a trace of `does` must have. `main`: files
    whose `main` begins telemetry."""

    def __init__(self, name, version, why, does, spans, main=(), left_out=None, std="", children=(), changed=(), not_recorded=(), unsteady=()):
        self.name, self.version, self.why, self.does = name, version, why, does
        self.spans, self.main, self.left_out, self.std = spans, main, left_out or {}, std
        self.children, self.changed, self.not_recorded = children, changed, not_recorded
        self.unsteady = unsteady


def redis(program):
    """A server, and clients that set, get and miss a key."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    server, trace = start(program, "mini-redis-server", "--port", port)
    deadline = time.monotonic() + 60
    while socket.socket().connect_ex(("127.0.0.1", int(port))) and time.monotonic() < deadline:
        time.sleep(0.05)
    for words in (["set", "greeting", "hello"], ["get", "greeting"], ["get", "nothing"]):
        client, _ = start(program, "mini-redis-cli", "--port", port, *words)
        client.communicate(timeout=60)
        assert client.returncode == 0, words
    server.send_signal(2)
    server.communicate(timeout=60)
    return trace


def hexyl(program):
    """A file of 600 bytes, printed."""
    data = WORK / "six-hundred-bytes"
    data.write_bytes(bytes(range(200)) * 3)
    viewer, trace = start(program, "hexyl", "--color=never", str(data))
    printed, _ = viewer.communicate(timeout=60)
    assert viewer.returncode == 0 and b"00000250" in printed
    return trace


PROGRAMS = [
    Program(
        "mini-redis",
        "0.4.1",
        "a tokio server, its client and their protocol: async, streams, a trait, spawned tasks",
        redis,
        spans=["Db::get", "Db::set", "Handler::run", "Connection::read_frame", "Frame::parse", "Command::apply"],
        main=["src/bin/server.rs", "src/bin/cli.rs"],
        children=[("Handler::run", "Connection::read_frame"), ("Get::apply", "Db::get")],
        unsteady=["key_value_timeout"],
    ),
    Program(
        "hexyl",
        "0.16.0",
        "a command-line program and its library: generics over readers and writers, errors of two kinds, an inline `mod`",
        hexyl,
        spans=["run", "Printer::print_all", "Byte::as_char", "Input::into_inner"],
        main=["src/main.rs"],
        children=[("run", "Printer::print_all")],
    ),
    Program(
        "bytes",
        "1.10.1",
        "a library without std, full of `unsafe`, with traits that have some two hundred default methods, and `const fn`s",
        None,
        spans=["Bytes::slice", "BytesMut::reserve", "Buf::get_u8", "Chain::advance"],
        std="extern crate std;",
        not_recorded=[("advance_bytes_mut_remaining_capacity", "some eighty million calls, minutes of them")],
        changed=[
            (
                "tests/test_bytes.rs",
                "let mut sum = Vec::new();",
                "let mut sum: Vec<u8> = Vec::new();",
                "serde_json, which comes with drift and the file exporter, compares `u8` with its `Value`, so that "
                "`assert_eq!(&s[..], &sum[..])` alone no longer says what is in `sum`; any crate that brings serde_json does that",
            )
        ],
    ),
]


TOKENS = re.compile(
    r"""(?P<skip>\s+|//[^\n]*)
    |(?P<comment>/\*)
    |(?P<raw>(?:b|c)?r(?P<hashes>\#*)")
    |(?P<text>(?:b|c)?"(?:[^"\\]|\\.)*")
    |(?P<char>b?'(?:[^'\\\n]|\\(?:[^u]|u\{[^}]*\}|x..))')
    |(?P<life>'[A-Za-z_]\w*)
    |(?P<word>(?:r\#)?\w+)
    |(?P<mark>.)""",
    re.X | re.S,
)


def tokens(text):
    """(token, where), without comments; what is in quotes as one mark."""
    found, at = [], 0
    while at < len(text):
        match = TOKENS.match(text, at)
        end = match.end()
        if match["comment"]:
            depth, end = 1, end
            while depth:
                next_mark = re.compile(r"/\*|\*/").search(text, end)
                depth += 1 if next_mark.group() == "/*" else -1
                end = next_mark.end()
        elif match["raw"]:
            end = text.index('"' + match["hashes"], end) + 1 + len(match["hashes"])
            found.append(('"', at))
        elif match["text"] or match["char"] or match["life"]:
            found.append(('"', at))
        elif match["word"] or match["mark"]:
            found.append((match.group(), at))
        at = end
    return found


OPEN, CLOSE = "([{", ")]}"
QUALIFIERS = {"default", "unsafe", "async", "const", "extern", '"'}


def group_end(all_tokens, at):
    """Behind the brackets that open at `at`."""
    depth = 0
    while True:
        token = all_tokens[at][0]
        depth += (token in OPEN) - (token in CLOSE)
        at += 1
        if depth == 0:
            return at


def items(all_tokens, at=0):
    """Of a file: (keyword, name, attributes, its place in the text, its tokens up to the body, the body)."""
    while at < len(all_tokens):
        attributes = []
        while all_tokens[at][0] == "#":
            inner = all_tokens[at + 1][0] == "!"
            end = group_end(all_tokens, at + 1 + inner)
            if not inner:
                attributes.append("".join(token for token, _ in all_tokens[at + 1 : end]))
            at = end
            if at == len(all_tokens):
                return
        begin = at
        if all_tokens[at][0] == "pub":
            at += 1
            if all_tokens[at][0] == "(":
                at = group_end(all_tokens, at)
        word = at
        while all_tokens[word][0] in QUALIFIERS and all_tokens[word + 1][0] != "crate":
            word += 1
        keyword = all_tokens[word][0]
        if keyword not in ("fn", "impl", "trait", "mod"):
            word, keyword = at, all_tokens[at][0]
        ends_with_braces = keyword in ("fn", "impl", "trait", "mod", "struct", "enum", "union", "macro_rules")
        is_macro = all_tokens[word + 1][0] == "!" or keyword == "macro_rules"
        end = word
        while all_tokens[end][0] != ";":
            if all_tokens[end][0] in OPEN:
                is_body = all_tokens[end][0] == "{" and (ends_with_braces or is_macro)
                body = end
                end = group_end(all_tokens, end)
                if is_body:
                    break
            else:
                end += 1
        else:
            body, end = None, end + 1
        inside = all_tokens[body:end] if body is not None else None
        yield keyword, all_tokens[word + 1][0], attributes, all_tokens[begin][1], all_tokens[begin : body or end], inside
        at = end


def takes(keyword, name, attributes, head, body):
    """Why an item gets no attribute; empty if it does."""
    words = [token for token, _ in head]
    if keyword not in ("fn", "impl", "trait", "mod") or body is None:
        return "nothing to measure"
    if keyword == "fn":
        if "const" in words[: words.index("fn")]:
            return "`const fn`"
        if name == "main":
            return "`main` begins telemetry"
        if any(attribute.strip("[]").split("(")[0].endswith("test") for attribute in attributes):
            return "a test"
    return ""


def annotate(text, file, left_out):
    """The text with attributes; how many functions they stand over."""
    places, functions = [], 0
    for keyword, name, attributes, begin, head, body in items(tokens(text)):
        if takes(keyword, name, attributes, head, body) or f"{file}: {keyword} {name}" in left_out:
            continue
        places.append(begin)
        functions += measured(keyword, body)
    for place in reversed(places):
        text = text[:place] + ATTRIBUTE + text[place:]
    return text, functions


def measured(keyword, body):
    """The functions with a body in an item, as the macro finds them."""
    if keyword == "fn":
        return 1
    count = 0
    for inner, name, attributes, _, head, inside in items(body[1:-1]):
        if inner in ("fn", "impl", "trait", "mod") and not takes(inner, name, attributes, head, inside):
            count += measured(inner, inside)
    return count


def cargo(directory, *arguments, may_fail=False, **environment):
    everything = {**os.environ, "CARGO_TARGET_DIR": str(WORK / "target"), "CARGO_TERM_COLOR": "never", **environment}
    everything.setdefault("CARGO_PROFILE_DEV_DEBUG", "0")
    done = subprocess.run(["cargo", *arguments], cwd=directory, env=everything, capture_output=True, text=True)
    if done.returncode != 0 and not (may_fail and "could not compile" not in done.stderr):
        print(done.stdout[-6000:] + done.stderr[-12000:])
        raise SystemExit(f"`cargo {' '.join(arguments)}` failed in {directory}")
    return done


def unpacked(program):
    """Where the registry's client has it."""
    asks = WORK / "asks" / program.name
    (asks / "src").mkdir(parents=True, exist_ok=True)
    (asks / "src" / "lib.rs").write_text("")
    (asks / "Cargo.toml").write_text(
        f'[package]\nname = "asks-for-{program.name}"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n\n'
        f'[dependencies]\n{program.name} = "={program.version}"\n'
    )
    metadata = json.loads(cargo(asks, "metadata", "--format-version", "1").stdout)
    found = next(it for it in metadata["packages"] if it["name"] == program.name)
    print(f"\n== {program.name} {found['version']}, {found['license']}: {program.why}")
    return Path(found["manifest_path"]).parent


def copied(source, name):
    """A package of its own, with the newest that it depends on."""
    copy = WORK / name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("Cargo.lock", "benches", ".cargo*"))
    manifest = copy / "Cargo.toml"
    text = re.sub(r"(?m)^\[\[bench\]\]\n(?:(?!\[).*\n)*", "", manifest.read_text())
    manifest.write_text(text + "\n[workspace]\n")
    return copy


def tests(directory, skip=(), **environment):
    """How many tests pass, what each says, and the warnings."""
    arguments = ["test", "--lib", "--bins", "--tests", "--no-fail-fast", "--", "--test-threads=4"]
    for name in skip:
        arguments += ["--skip", name]
    done = cargo(directory, *arguments, may_fail=True, **environment)
    results = {}
    for line in (done.stderr + done.stdout).splitlines():
        if found := re.match(r"test (\S+)(?: - should panic)? \.\.\. (\w+)", line):
            results[found[1]] = found[2]
    passed = sum(int(count) for count in re.findall(r"test result: \w+\. (\d+) passed", done.stdout))
    warnings = collections.Counter(re.findall(r"(?m)^warning: (?!`)(.*)$", done.stderr))
    return passed, results, warnings


def start(program, binary, *arguments):
    trace = WORK / f"{program.name}-{binary}-{arguments[-1].rsplit('/')[-1]}.jsonl"
    trace.unlink(missing_ok=True)
    environment = {**os.environ, **exports(trace)}
    command = [str(WORK / "target" / "debug" / binary), *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE), trace


def exports(trace):
    return {
        "TELEMETRY_TRACES_EXPORTER": "file",
        "TELEMETRY_TRACES_FILE": str(trace),
        "TELEMETRY_METRICS_EXPORTER": "none",
        "TELEMETRY_LOGS_EXPORTER": "none",
    }


def spans(trace):
    """All of a file of OTLP/JSON lines."""
    for line in trace.read_text().splitlines():
        for resource in json.loads(line)["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                yield from scope["spans"]


def looked_at(program, trace, children):
    """The trace has what it must have. Prints the calls of the tools that were called most."""
    names, by_id = collections.Counter(), {}
    all_spans = list(spans(trace))
    for span in all_spans:
        names[span["name"].removeprefix("tool.")] += 1
        by_id[span["spanId"]] = span
    missing = [name for name in program.spans if not names[name]]
    assert not missing, f"no span of {missing} in {trace}: there are {sorted(names)}"
    pairs = set()
    for span in all_spans:
        parent = by_id.get(span.get("parentSpanId"))
        while parent is not None:
            pairs.add((parent["name"].removeprefix("tool."), span["name"].removeprefix("tool.")))
            parent = by_id.get(parent.get("parentSpanId"))
    for pair in children:
        assert pair in pairs, f"{pair[1]} is not below {pair[0]} in {trace}"
    most = ", ".join(f"{name} {count}" for name, count in names.most_common(6))
    print(f"   {sum(names.values())} spans of {len(names)} tools in {trace.relative_to(ROOT)}: {most}, …")


def tried(program):
    source = unpacked(program)
    as_it_came = copied(source, f"{program.name}-as-it-came")
    passed, before, warnings_before = tests(as_it_came)
    for test, result in before.items():
        if result == "FAILED":
            print(f"   its test {test} fails as it came")

    copy = copied(source, program.name)
    functions = files = 0
    for path in sorted((copy / "src").rglob("*.rs")):
        text, count = annotate(path.read_text(), str(path.relative_to(copy)), program.left_out)
        path.write_text(text)
        functions, files = functions + count, files + 1
    manifest = copy / "Cargo.toml"
    manifest.write_text(
        manifest.read_text() + f'\n[dependencies.telemetry-runtime]\npath = "{ROOT}/telemetry-runtime"\n'
        'default-features = false\nfeatures = ["trace", "metrics", "drift", "logs", "file"]\n'
    )
    for main in program.main:
        path = copy / main
        begins = '\\1\n    let _telemetry = ::telemetry_runtime::init();'
        text, changed = re.subn(r"((?:^|\n)(?:pub )?(?:async )?fn main\(\)[^{]*\{)", begins, path.read_text())
        assert changed == 1, main
        path.write_text(text)
    library = copy / "src" / "lib.rs"
    recorder = RECORDER if not program.std else RECORDER.replace("use std", program.std + "\n    use std", 1)
    library.write_text(library.read_text() + recorder)

    for file, text, other, reason in program.changed:
        path = copy / file
        assert text in path.read_text(), (file, text)
        path.write_text(path.read_text().replace(text, other))
        print(f"   changed: {file}: `{text}` to `{other}`: {reason}")

    print(f"   {functions} functions in {files} files are tools")
    for item, reason in program.left_out.items():
        print(f"   left out: {item}: {reason}")
    silent, annotated, warnings = tests(copy)
    new = warnings - warnings_before
    assert not new, f"warnings that were not there: {dict(new)}"
    for name in program.unsteady:
        before.pop(name), annotated.pop(name)
    assert annotated == before, f"tests differ: {set(annotated.items()) ^ set(before.items())}"
    trace = WORK / f"{program.name}-tests.jsonl"
    trace.unlink(missing_ok=True)
    skipped = [name for name, _ in program.not_recorded]
    for name, reason in program.not_recorded:
        print(f"   not recorded: the test {name}: {reason}")
    recorded, with_telemetry, _ = tests(copy, skipped, FOREIGN_RECORDS="1", TELEMETRY_TRACES_SAMPLE_RATE="0.02", **exports(trace))
    for name in skipped:
        del before[name]
    for name in program.unsteady:
        del with_telemetry[name]
    assert with_telemetry == before, f"tests differ: {set(with_telemetry.items()) ^ set(before.items())}"
    print(f"   its tests pass: {passed} as it came, {silent} annotated, {recorded} with each call recorded")
    if program.does is None:
        looked_at(program, trace, program.children)
    else:
        cargo(copy, "build", "--bins")
        looked_at(program, program.does(program), program.children)


def main():
    wanted = sys.argv[1:] or [program.name for program in PROGRAMS]
    unknown = set(wanted) - {program.name for program in PROGRAMS}
    if unknown:
        raise SystemExit(f"no program {', '.join(sorted(unknown))}: there are {', '.join(it.name for it in PROGRAMS)}")
    WORK.mkdir(parents=True, exist_ok=True)
    for program in PROGRAMS:
        if program.name in wanted:
            tried(program)
    print("\nall of it holds")


if __name__ == "__main__":
    main()
