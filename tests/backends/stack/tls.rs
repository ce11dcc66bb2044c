//! TLS between program and Collector as `deploy/tls.sh` makes it: own CA, certificates both ways,
//! and what happens with those that are wrong.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::harness::process::Process;
use crate::harness::shipped::{Places, deploy};
use crate::harness::stack;
use crate::harness::{Binaries, Program, Server};

/// Two sets of keys: one that the Collector trusts, and a stranger's. `past` is over.
fn make_keys(folder: &Path) {
    let run = |arguments: &[&str]| {
        let output = Command::new(deploy().join("tls.sh"))
            .args(arguments)
            .current_dir(folder)
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    };
    run(&["tls", "--client", "client"]);
    run(&["tls", "--client", "past", "--days", "0"]);
    run(&["stranger", "--client", "client"]);
}

/// The Collector as shipped, with `mutual-tls.yaml`.
fn collector(binaries: &Binaries, at: &Places) -> (Server, std::path::PathBuf) {
    let folder = Process::folder("otelcol");
    make_keys(folder.path());
    let keys = folder.path().to_owned();
    (
        stack::collector(folder, binaries, at, &["mutual-tls.yaml"]),
        keys,
    )
}

/// Whether one trace arrives, and what the program says where it does not.
fn sends(endpoint: &str, protocol: &str, tls: &str) -> Result<(), String> {
    let settings = [
        ("service_name", "secret"),
        ("traces_endpoint", endpoint),
        ("traces_protocol", protocol),
        ("traces_compression", "gzip"),
        ("traces_headers", "{ x-tenant: blue }"),
        ("metrics_exporter", "none"),
        ("shutdown_timeout_ms", "2000"),
        ("tls", tls),
    ];
    let mut program = Program::start("agent", &settings);
    program.ask("work 1");
    let flushed = program.ask("flush 3000");
    program.finish();
    match flushed["delivered"].as_bool() {
        Some(true) => Ok(()),
        _ => Err(fs::read_to_string(program.file("log")).unwrap_or_default()),
    }
}

#[test]
fn only_those_with_the_right_certificate_get_in() {
    let Some(binaries) = Binaries::find("stack::tls::only_those_with_the_right_certificate_get_in")
    else {
        return;
    };
    let at = Places::choose();
    let (_collector, keys) = collector(binaries, &at);
    let file = |set: &str, name: &str| keys.join(set).join(name).display().to_string();
    let tls = |set: &str, name: &str| {
        format!(
            "{{ ca_file: '{}', cert_file: '{}', key_file: '{}' }}",
            file("tls", "ca.pem"),
            file(set, &format!("{name}.pem")),
            file(set, &format!("{name}.key")),
        )
    };
    let http = |host: &str| format!("https://{host}:{}/v1/traces", at.otlp_http);
    let grpc = format!("https://localhost:{}", at.otlp_grpc);

    for (endpoint, protocol) in [
        (http("localhost"), "http"),
        (http("127.0.0.1"), "http-json"),
        (grpc.clone(), "grpc"),
    ] {
        let right = sends(&endpoint, protocol, &tls("tls", "client"));
        assert_eq!(right, Ok(()), "{protocol}");
    }

    let no_certificate = format!("{{ ca_file: '{}' }}", file("tls", "ca.pem"));
    let strangers_ca =
        tls("tls", "client").replace(&file("tls", "ca.pem"), &file("stranger", "ca.pem"));
    for (endpoint, protocol) in [(http("localhost"), "http"), (grpc, "grpc")] {
        for (what, tls) in [
            ("no certificate", no_certificate.clone()),
            ("one of another CA", tls("stranger", "client")),
            ("one that is over", tls("tls", "past")),
            ("a Collector that is not trusted", strangers_ca.clone()),
        ] {
            let refused = sends(&endpoint, protocol, &tls);
            let log = refused.expect_err(what);
            assert!(log.contains("traces"), "{protocol}, {what}: {log}");
            assert!(!log.contains("blue") && !log.contains("PRIVATE"), "{log}");
        }
    }
    // A host that is not in the Collector's certificate.
    let refused = sends(&http("127.0.0.2"), "http", &tls("tls", "client"));
    let log = refused.expect_err("the wrong name");
    assert!(log.contains("127.0.0.2"), "{log}");
    // Without TLS nothing comes through.
    let plain = format!("http://localhost:{}/v1/traces", at.otlp_http);
    assert!(sends(&plain, "http", "{}").is_err());
}
