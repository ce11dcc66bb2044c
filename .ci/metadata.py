"""Lists made from `cargo metadata`, so that no list of CI can go stale.

features      the runtime's features, a line each, but those named `_…`, which are not for users
examples      PACKAGE EXAMPLE, a line each
rust-version  fails where a dependency of the runtime asks for a newer Rust than it does
"""

import json
import subprocess
import sys

RUNTIME = "telemetry-runtime"


def main():
    commands = {"features": features, "examples": examples, "rust-version": rust_version}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]]()


def features():
    runtime = one(metadata("--no-deps")["packages"], RUNTIME)
    print("\n".join(sorted(name for name in runtime["features"] if name != "default" and name[0] != "_")))


def examples():
    for package in metadata("--no-deps")["packages"]:
        for target in package["targets"]:
            if "example" in target["kind"]:
                print(package["name"], target["name"])


def rust_version():
    """The rest of the check is clippy's `incompatible_msrv`: an API newer than `rust-version`
    is a warning, and warnings are denied. The compiler of that version is used where it is
    installed."""
    document = metadata("--all-features")
    packages = {package["id"]: package for package in document["packages"]}
    runtime = one(document["packages"], RUNTIME)
    ours = runtime["rust_version"]
    graph = reached(runtime["id"], document["resolve"]["nodes"])
    newer = [
        f"{packages[id]['name']} {packages[id]['version']} asks for {packages[id]['rust_version']}"
        for id in sorted(graph)
        if number(packages[id]["rust_version"]) > number(ours)
    ]
    print(f"{len(graph)} packages, rust-version {ours}")
    if newer:
        sys.exit("\n".join(newer))
    check_with(ours)


def check_with(version):
    installed = subprocess.run(["rustup", "toolchain", "list"], capture_output=True, text=True).stdout
    names = [line.split()[0] for line in installed.splitlines()]
    name = next((name for name in names if name == version or name.startswith((version + "-", version + "."))), None)
    if name is None:
        print(f"note: Rust {version} is not installed here, so nothing is compiled with it")
        return
    command = ["cargo", f"+{name}", "check", "--locked", "-p", RUNTIME, "--all-features"]
    subprocess.run([*command, "--target-dir", "target/ci-rust-version"], check=True)


def reached(root, nodes):
    """Ids of what `root` is built from: normal and build dependencies, on any platform."""
    edges = {
        node["id"]: [
            dep["pkg"] for dep in node["deps"] if any(kind["kind"] != "dev" for kind in dep["dep_kinds"])
        ]
        for node in nodes
    }
    seen, waiting = set(), [root]
    while waiting:
        id = waiting.pop()
        if id not in seen:
            seen.add(id)
            waiting += edges[id]
    return seen


def number(version):
    """`1.88` is `1.88.0`; none asked for is the oldest."""
    parts = [int(part) for part in (version or "0").split(".")]
    return parts + [0] * (3 - len(parts))


def one(packages, name):
    return next(package for package in packages if package["name"] == name)


def metadata(*arguments):
    command = ["cargo", "metadata", "--locked", "--format-version", "1", *arguments]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


if __name__ == "__main__":
    main()
