//! `telemetry drift check`: a gate.

use crate::tool::{Place, durations, lines, slower};

#[test]
fn the_same_passes_and_a_slower_one_does_not() {
    let place = Place::new();
    let before = place.file("before.txt", lines(durations(1, 5000)));
    let same = place.file("same.txt", lines(durations(2, 3000)));
    let slow = place.file("slow.txt", lines(slower(durations(3, 3000), 0, 1.3)));
    let fast = place.file("fast.txt", lines(slower(durations(4, 3000), 0, 0.7)));

    let said = place
        .run(&["drift", "check", &same, "--against", &before])
        .ends(0);
    assert!(said.out.contains("no drift"), "{}", said.out);
    let said = place
        .run(&["drift", "check", &slow, "--against", &before])
        .ends(1);
    assert!(said.out.ends_with("\ndrifted\n"), "{}", said.out);
    assert!(said.out.contains("slower"), "{}", said.out);
    place
        .run(&["drift", "check", &fast, "--against", &before])
        .ends(1);
    place
        .run(&[
            "drift",
            "check",
            &fast,
            "--against",
            &before,
            "--only-slower",
        ])
        .ends(0);

    let said = place
        .run(&[
            "drift",
            "check",
            &slow,
            "--against",
            &before,
            "--format",
            "json",
        ])
        .ends(1);
    let json = &said.json()[0];
    assert_eq!(json["drifted"], true);
    let tool = &json["tools"][0];
    assert_eq!(
        (&tool["tool"], &tool["drifted"]),
        (&"slow".into(), &true.into())
    );
    let (before, after) = (&tool["baseline"]["p50_ms"], &tool["candidate"]["p50_ms"]);
    let change = after.as_f64().unwrap() / before.as_f64().unwrap();
    assert!((1.2..1.4).contains(&change), "{json}");
    assert!(
        tool["events"][0]["sample"].as_u64().unwrap() < 200,
        "{json}"
    );
}

#[test]
fn what_there_is_not_is_told() {
    let place = Place::new();
    let file = place.file("t.txt", lines(durations(1, 500)));
    let said = place
        .run(&["drift", "check", &file, "--against", "1.2.3"])
        .ends(2);
    assert!(
        said.err
            .contains("--against 1.2.3: there is no such file, and as a version"),
        "{}",
        said.err
    );
    let few = place.file("few.txt", "-1\n");
    place
        .run(&["drift", "check", &file, "--against", &few])
        .ends(2);
    let named = place.file("named.csv", "tool,value\na,1\na,2\n");
    let said = place
        .run(&["drift", "check", &named, "--against", &file])
        .ends(2);
    assert!(
        said.err.contains("no tool in it has a baseline"),
        "{}",
        said.err
    );
}
