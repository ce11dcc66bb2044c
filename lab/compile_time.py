#!/usr/bin/env python3
"""Compile time and size of many annotated functions: `#[tool]` with the features that are on by
default, `#[tool]` with spans only, `#[tracing::instrument]` with the same captures, and none.

Usage: lab/compile_time.py [FUNCTIONS] [REPEATS]    (default: 1000 5)

Writes four packages below target/lab-compile, builds what they depend on, then each package
alone, again and again in turn: what is timed is one crate, from nothing. Processor seconds are
what counts on a machine that others use too; the wall's are printed beside them.
"""

import json
import os
import re
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

LAB = Path(__file__).resolve().parent
ROOT = LAB.parent
WORK = ROOT / "target" / "lab-compile"
KINDS = ["plain", "tool", "spans", "instrument"]
PROFILES = {"debug": [], "release": ["--release"]}

# Everything that a program needs which sends its spans by OTLP over HTTP, so that whole
# binaries compare.
DEPENDENCIES = {
    "plain": "",
    "tool": f'telemetry-runtime = {{ path = "{ROOT}/telemetry-runtime" }}\n',
    "spans": f'telemetry-runtime = {{ path = "{ROOT}/telemetry-runtime", default-features = false, features = ["trace", "otlp-http"] }}\n',
    "instrument": """tracing = "0.1"
tracing-subscriber = { version = "0.3", default-features = false, features = ["registry", "std"] }
tracing-opentelemetry = "0.34"
opentelemetry = "0.33"
opentelemetry_sdk = "0.33"
opentelemetry-otlp = "0.33"
""",
}

OURS = '    let _telemetry = telemetry_runtime::Telemetry::builder().no_file().otlp("http://127.0.0.1:4318").init();\n'
SET_UP = {
    "plain": "",
    "tool": OURS,
    "spans": OURS,
    "instrument": """    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_otlp::WithExportConfig as _;
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().with_endpoint("http://127.0.0.1:4318/v1/traces").build().unwrap();
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("lab"));
    tracing_subscriber::registry().with(layer).init();
""",
}

# What a program's functions look like: parameters, a call's arguments, output, body.
SHAPES = [
    ("", "", "u64", "std::hint::black_box({n})"),
    ("number: u64, name: &str", '{n}, "a name"', "u64", "number + name.len() as u64"),
    ("number: u64", "{n}", "Result<u64, std::num::ParseIntError>", '"{n}".parse::<u64>().map(|parsed| parsed + number)'),
    ("items: &[u64], scale: f64", "&[1, 2, {n}], 1.5", "f64", "items.iter().sum::<u64>() as f64 * scale"),
]


def attribute(kind, fails):
    if kind == "plain":
        return ""
    if kind in ("tool", "spans"):
        return "#[telemetry_runtime::tool]\n"
    return "#[tracing::instrument(err)]\n" if fails else "#[tracing::instrument]\n"


def source(kind, functions):
    lines, calls = [], []
    for n in range(functions):
        parameters, arguments, output, body = SHAPES[n % len(SHAPES)]
        is_async = n // len(SHAPES) % 2 == 1
        lines.append(
            f"{attribute(kind, output.startswith('Result'))}"
            f"{'async ' if is_async else ''}fn function_{n}({parameters}) -> {output} {{\n"
            f"    {body.replace('{n}', str(n))}\n}}\n"
        )
        call = f"function_{n}({arguments.replace('{n}', str(n))})"
        calls.append(f"    let _ = black_box({f'drive({call})' if is_async else call});\n")
    # So that no single function of the program is large.
    hundreds = [calls[at : at + 100] for at in range(0, len(calls), 100)]
    for number, hundred in enumerate(hundreds):
        lines.append(f"fn calls_{number}() {{\n{''.join(hundred)}}}\n")
    all_calls = "".join(f"    calls_{number}();\n" for number in range(len(hundreds)))
    return (
        "//! Written by lab/compile_time.py.\n#![allow(unused)]\n"
        "use std::future::Future;\nuse std::hint::black_box;\nuse std::pin::pin;\nuse std::task::{Context, Poll, Waker};\n\n"
        "fn drive<F: Future>(future: F) -> F::Output {\n"
        "    match pin!(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {\n"
        "        Poll::Ready(output) => output,\n"
        "        Poll::Pending => unreachable!(),\n    }\n}\n\n"
        f"fn main() {{\n{SET_UP[kind]}{all_calls}    let _ = drive(async {{}});\n}}\n\n" + "\n".join(lines)
    )


def write(kind, functions):
    package = WORK / kind
    (package / "src").mkdir(parents=True, exist_ok=True)
    (package / "src" / "main.rs").write_text(source(kind, functions))
    (package / "Cargo.toml").write_text(
        f'[package]\nname = "lab-compile-{kind}"\nversion = "0.0.0"\nedition = "2024"\npublish = false\n\n'
        f"[workspace]\n\n[dependencies]\n{DEPENDENCIES[kind]}"
    )
    # The versions that are measured elsewhere here.
    lock = {"tool": ROOT / "Cargo.lock", "spans": ROOT / "Cargo.lock", "instrument": LAB / "peers" / "tracing" / "Cargo.lock"}.get(kind)
    if lock and not (package / "Cargo.lock").exists():
        shutil.copy(lock, package / "Cargo.lock")


def cargo(kind, *arguments, **more):
    command = ["cargo", *arguments, "--manifest-path", str(WORK / kind / "Cargo.toml"), "--target-dir", str(WORK / "target")]
    # A cache of compilations would be measured in place of the compiler.
    environment = {**os.environ, "CARGO_INCREMENTAL": "0", "RUSTC_WRAPPER": ""}
    return subprocess.run(command, check=True, env=environment, **more)


def build(kind, profile):
    """Processor and wall seconds of the package alone."""
    cargo(kind, "clean", "--quiet", "-p", f"lab-compile-{kind}", *PROFILES[profile])
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    cargo(kind, "build", "--quiet", *PROFILES[profile])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.monotonic() - start


def expansion(kind):
    """Seconds that rustc spends in expanding macros, in a debug build; by its unstable -Ztime-passes."""
    cargo(kind, "clean", "--quiet", "-p", f"lab-compile-{kind}")
    told = cargo(kind, "build", "-v", capture_output=True, text=True).stderr
    line = re.search(rf"Running `(.*--crate-name lab_compile_{kind} .*)`", told).group(1)
    words = shlex.split(line)
    settings = dict(word.split("=", 1) for word in words[: next(i for i, word in enumerate(words) if "=" not in word)])
    command = words[len(settings) :] + ["-Ztime-passes", "--emit=metadata"]
    environment = {**os.environ, **settings, "RUSTC_BOOTSTRAP": "1"}
    done = subprocess.run(command, cwd=WORK / kind, env=environment, capture_output=True, text=True, check=True)
    passes = re.findall(r"time:\s+([0-9.]+).*\smacro_expand_crate$", done.stdout + done.stderr, re.M)
    return float(passes[0])


def size(kind, profile):
    """Bytes of the program, symbols and debugging data taken off."""
    binary = WORK / "target" / profile / f"lab-compile-{kind}"
    stripped = WORK / f"{kind}-{profile}"
    subprocess.run(["strip", "-o", stripped, binary], check=True)
    return stripped.stat().st_size


def main():
    functions = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    WORK.mkdir(parents=True, exist_ok=True)
    results = {"functions": functions, "repeats": repeats}

    # Without a function first: what is depended on is built, and its share of the size is known.
    empty = {}
    for kind in KINDS:
        write(kind, 0)
        for profile in PROFILES:
            print(f"dependencies of {kind}, {profile} …", flush=True)
            cargo(kind, "build", "--quiet", *PROFILES[profile])
            empty[kind, profile] = size(kind, profile)
    for kind in KINDS:
        write(kind, functions)

    print(f"\n{functions} functions, {repeats} builds each; CPU s: median (least–most)")
    for profile in PROFILES:
        times = {kind: [] for kind in KINDS}
        for _ in range(repeats):
            for kind in KINDS:
                times[kind].append(build(kind, profile))
        for kind in KINDS:
            cpu, wall = zip(*times[kind])
            whole, grown = size(kind, profile), size(kind, profile) - empty[kind, profile]
            print(
                f"{profile:8} {kind:11} {statistics.median(cpu):6.2f} ({min(cpu):.2f}–{max(cpu):.2f})"
                f"  wall {min(wall):6.2f}  program {whole / 1024:8.0f} KiB, of which the functions {grown / 1024:7.0f} KiB",
                flush=True,
            )
            results[f"{profile} {kind}"] = {"cpu_s": cpu, "wall_s": wall, "bytes": whole, "bytes_of_functions": grown}
    for kind in KINDS:
        seconds = min(expansion(kind) for _ in range(3))
        results[f"expansion {kind}"] = seconds
        print(f"macros of {kind:11} {seconds:6.3f} s (macro_expand_crate, least of 3)")
    (WORK / "result.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
