//! The page of the pull endpoint, as Prometheus' own tool reads it.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::harness::{Binaries, Program, eventually, free_port, get};

#[test]
fn promtool_reads_the_page() {
    let Some(binaries) = Binaries::find("pull::promtool_reads_the_page") else {
        return;
    };
    let endpoint = format!("127.0.0.1:{}", free_port());
    let settings = [
        ("service_name", "pulled"),
        ("traces_exporter", "none"),
        ("metrics_exporter", "prometheus"),
        ("prometheus_listen", &*endpoint),
    ];
    let mut program = Program::start("fleet", &settings);
    program.ask("work 20");

    let page = eventually("the page shows the calls", || {
        let page = get(&format!("http://{endpoint}/metrics"), &[])?;
        let shown = page
            .lines()
            .any(|line| line.starts_with("tool_calls_total{") && line.ends_with(" 20"));
        if shown { Ok(page) } else { Err(page) }
    });

    let mut promtool = Command::new(&binaries.promtool)
        .args(["check", "metrics", "--extended", "--lint=none"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    promtool
        .stdin
        .take()
        .unwrap()
        .write_all(page.as_bytes())
        .unwrap();
    let said = promtool.wait_with_output().unwrap();
    assert!(said.status.success(), "{said:?} of\n{page}");
}
