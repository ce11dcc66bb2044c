//! Where baselines and drift events are kept.

use super::*;

fn kind(settings: &str) -> &'static str {
    let text = format!("telemetry:\n  service_name: s\n{settings}");
    Try::with_file(&text).loaded().config.store.kind.name()
}

#[test]
#[cfg(all(feature = "sqlite", feature = "postgres"))]
fn a_name_or_what_it_needs_says_which() {
    assert_eq!(kind(""), "sqlite", "what holds with a file");
    assert_eq!(kind("  store: none\n"), "none");
    assert_eq!(kind("  store_url: postgres://u:p@h/d\n"), "postgres");
    assert_eq!(
        kind("  store: sqlite\n  store_url: postgres://u:p@h/d\n"),
        "sqlite"
    );
    let off = "  drift_detection_enabled: false\n  store: postgres\n";
    assert_eq!(kind(off), "none", "no fault: nothing is asked for");
    let without_file = Try::new().loaded();
    assert_eq!(without_file.config.store.kind.name(), "none");
}

#[test]
#[cfg(all(feature = "sqlite", feature = "postgres"))]
fn a_password_is_never_shown() {
    let text =
        "telemetry:\n  store_url: postgres://telemetry:s3cret@db.example/t?sslpassword=k3y\n";
    let loaded = Try::with_file(text).loaded();
    let shown = format!("{} {:?}", loaded.effective, loaded.config);
    assert!(
        !shown.contains("s3cret") && !shown.contains("k3y"),
        "{shown}"
    );
    assert!(shown.contains("store_url: postgres://[redacted]@db.example/t?[redacted]"));
    assert!(shown.contains("store: postgres"));
}

#[test]
#[cfg(all(feature = "sqlite", feature = "postgres"))]
fn what_is_wrong_is_told_without_it() {
    for (settings, said) in [
        ("  store: postgres\n", "found postgres without store_url"),
        (
            "  store: mysql\n",
            "found mysql, allowed: sqlite, postgres, none",
        ),
        (
            "  store_url: s3cret@host\n",
            "found a URL without postgres://",
        ),
        (
            "  store_url: mysql://u:s3cret@host\n",
            "a URL whose scheme is not postgres",
        ),
        (
            "  store_interval_ms: 5\n",
            "found 5, allowed: a whole number from 100",
        ),
    ] {
        let text = format!("telemetry:\n{settings}");
        let faults = Try::with_file(&text).faults();
        assert!(faults.contains(said), "{faults}");
        assert!(!faults.contains("s3cret"), "{faults}");
    }
}

#[test]
#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
fn a_store_that_is_asked_for_needs_its_feature() {
    let text = "telemetry:\n  store_file: x.db\n  store_url: postgres://h/d\n";
    let faults = Try::with_file(text).faults();
    for feature in ["sqlite", "postgres"] {
        assert!(
            faults.contains(&format!("needs the cargo feature {feature}")),
            "{faults}"
        );
    }
    assert_eq!(kind(""), "none", "what holds without them");
}
