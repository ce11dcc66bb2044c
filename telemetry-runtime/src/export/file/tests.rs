use std::fs;
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use super::{File, append};
use crate::config::Files;
use crate::export::samples::{batch, failed_tool, string, tool};
use crate::export::{Accepted, Exporter, Refused};
use crate::otlp::decode_traces;

/// 100 MiB, and one older.
const TWO: Files = of(100 << 20, 2);

const fn of(max_bytes: u64, max_files: u32) -> Files {
    Files {
        max_bytes,
        max_files,
    }
}

#[test]
fn a_request_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not/yet/there/traces.jsonl");
    let mut span = tool();
    span.attributes
        .push(string("hostile", "\n\r\u{2028}\u{1b}\"\\\0"));
    let sent = [batch(&[span, failed_tool()]), batch(&[failed_tool()])];
    let mut file = File::new(&path, TWO);
    for batch in &sent {
        export(&mut file, batch).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.ends_with('\n'));
    let read: Vec<ExportTraceServiceRequest> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let expected: Vec<_> = sent
        .iter()
        .map(|batch| decode_traces(&batch.body).unwrap())
        .collect();
    assert_eq!(read, expected);
}

#[test]
fn a_removed_file_and_folder_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out/traces.jsonl");
    let mut file = File::new(&path, TWO);
    export(&mut file, &batch(&[tool()])).unwrap();
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    export(&mut file, &batch(&[tool()])).unwrap();
    assert_eq!(lines(&path).len(), 1);
}

#[test]
fn what_cannot_be_written_is_lost_with_path_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("file");
    fs::write(&taken, "").unwrap();
    for (path, reason) in [
        (folder.path().to_owned(), "directory"),
        (taken.join("below"), "ot a directory"),
    ] {
        let refused = export(&mut File::new(&path, TWO), &batch(&[tool()])).unwrap_err();
        let Refused::Lost { why } = refused else {
            panic!("{refused:?}")
        };
        assert!(why.starts_with(&format!("{}: ", path.display())), "{why}");
        assert!(why.contains(reason), "{why}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_worth_another_try() {
    let refused = export(
        &mut File::new(Path::new("/dev/full"), TWO),
        &batch(&[tool()]),
    )
    .unwrap_err();
    assert!(
        matches!(refused, Refused::Retry { why, .. } if why.starts_with("/dev/full: No space left"))
    );
}

#[test]
fn a_file_that_is_full_goes_on_under_another_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.jsonl");
    let backup = folder.path().join("traces.jsonl.1");
    for number in 0..7 {
        append::line(&path, format!("line {number}\n").into_bytes(), of(21, 2)).unwrap();
    }
    assert_eq!(lines(&backup), ["line 3", "line 4", "line 5"]);
    assert_eq!(lines(&path), ["line 6"]);
    append::line(
        &path,
        b"longer than the whole file may be\n".to_vec(),
        of(21, 2),
    )
    .unwrap();
    assert_eq!(lines(&backup), ["line 6"]);
    assert_eq!(lines(&path), ["longer than the whole file may be"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn older_files_make_room_for_newer_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("logs.jsonl");
    for number in 0..9 {
        append::line(&path, format!("line {number}\n").into_bytes(), of(14, 4)).unwrap();
    }
    let older = |age: u32| lines(&folder.path().join(format!("logs.jsonl.{age}")));
    assert_eq!(lines(&path), ["line 8"]);
    assert_eq!(older(1), ["line 6", "line 7"]);
    assert_eq!(older(2), ["line 4", "line 5"]);
    assert_eq!(older(3), ["line 2", "line 3"]);
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        4,
        "the oldest is gone"
    );
}

#[test]
fn who_rotates_is_alone_and_one_who_died_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.jsonl");
    let mark = folder.path().join("traces.jsonl.rotating");
    let backup = folder.path().join("traces.jsonl.1");
    append::line(&path, b"first\n".to_vec(), of(8, 2)).unwrap();
    let other = fs::File::create(&mark).unwrap();
    append::line(&path, b"second\n".to_vec(), of(8, 2)).unwrap();
    assert_eq!(lines(&path), ["first", "second"]);
    assert!(!backup.exists());

    other
        .set_modified(SystemTime::now() - Duration::from_secs(3600))
        .unwrap();
    append::line(&path, b"third\n".to_vec(), of(8, 2)).unwrap();
    append::line(&path, b"fourth\n".to_vec(), of(8, 2)).unwrap();
    assert_eq!(lines(&backup), ["first", "second", "third"]);
    assert_eq!(lines(&path), ["fourth"]);
}

#[test]
fn a_torn_line_spoils_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.jsonl");
    fs::File::create(&path)
        .unwrap()
        .write_all(b"{\"half")
        .unwrap();
    append::line(&path, b"whole\n".to_vec(), of(1000, 2)).unwrap();
    assert_eq!(lines(&path), ["{\"half", "whole"]);
}

#[test]
fn writers_at_the_same_time_lose_and_tear_nothing() {
    const WRITERS: usize = 4;
    const LINES: usize = 200;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.jsonl");
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let path = &path;
            scope.spawn(move || {
                for number in 0..LINES {
                    let line = format!("{writer} {number} {}\n", "x".repeat(10_000));
                    append::line(path, line.into_bytes(), of(5_000_000, 2)).unwrap();
                }
            });
        }
    });
    let mut all = lines(&folder.path().join("traces.jsonl.1"));
    all.extend(lines(&path));
    assert!(
        all.iter().all(|line| line.ends_with(&"x".repeat(10_000))),
        "a torn line"
    );
    for writer in 0..WRITERS {
        let begin = format!("{writer} ");
        let numbers: Vec<usize> = all
            .iter()
            .filter_map(|line| line.strip_prefix(&begin)?.split(' ').next()?.parse().ok())
            .collect();
        assert_eq!(
            numbers,
            (0..LINES).collect::<Vec<_>>(),
            "of writer {writer}"
        );
    }
}

fn export(file: &mut File, batch: &crate::export::Batch) -> Result<Accepted, Refused> {
    file.export(batch, Instant::now())
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}
