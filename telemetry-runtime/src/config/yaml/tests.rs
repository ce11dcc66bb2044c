use super::*;
use crate::config::node::Content;

fn root(text: &str) -> Node {
    parse(text, &Place::file("t.yaml")).unwrap().unwrap()
}

fn faults(text: &str) -> String {
    let faults = parse(text, &Place::file("t.yaml")).unwrap_err();
    faults
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The tree on one line; quoted scalars in quotes.
fn show(node: &Node) -> String {
    match &node.content {
        Content::Scalar { text, plain: true } => text.clone(),
        Content::Scalar { text, plain: false } => format!("{text:?}"),
        Content::Tagged(tag) => format!("<{tag}>"),
        Content::List(items) => {
            format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(" "))
        }
        Content::Map(entries) => {
            let entries = entries
                .iter()
                .map(|entry| format!("{}={}", entry.key, show(&entry.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(" "))
        }
    }
}

#[test]
fn nodes_know_their_place() {
    let root = root("a:\n  - 1\n  - {b: two}\n");
    let Content::Map(entries) = &root.content else {
        panic!("{root:?}")
    };
    assert_eq!(entries[0].place.to_string(), "t.yaml:1:1");
    let Content::List(items) = &entries[0].value.content else {
        panic!()
    };
    assert_eq!(items[0].place.to_string(), "t.yaml:2:5");
    let Content::Map(inner) = &items[1].content else {
        panic!()
    };
    assert_eq!(inner[0].value.place.to_string(), "t.yaml:3:9");
}

#[test]
fn styles_and_tags() {
    assert_eq!(
        show(&root(
            "[a, \"b\", 'c', !!str 1, !!int \"2\", !env x, !!binary aa]"
        )),
        "[a \"b\" \"c\" \"1\" 2 <!env> <tag:yaml.org,2002:binary>]"
    );
    assert_eq!(
        show(&root("{a: !thing {b: 1}, c: !!map {d: 1}}")),
        "{a=<!thing> c={d=1}}"
    );
    assert_eq!(
        show(&root("a: |\n  two\n  lines\n")),
        "{a=\"two\\nlines\\n\"}"
    );
}

#[test]
fn anchors_and_merge_keys() {
    assert_eq!(
        show(&root("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\n")),
        "{x={a=1 b=2} y={b=3 a=1}}"
    );
    assert_eq!(
        show(&root(
            "x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz: {<<: [*x, *y]}\n"
        )),
        "{x={a=1} y={a=2 b=2} z={a=1 b=2}}"
    );
    assert_eq!(show(&root("x: &x 5\ny: *x\n")), "{x=5 y=5}");
    assert_eq!(show(&root("{\"<<\": {a: 1}}")), "{<<={a=1}}");
    assert_eq!(
        faults("a: {<<: 3}"),
        "t.yaml:1:9: found no map after <<, allowed: an alias of a map, or a list of such"
    );
}

#[test]
fn all_duplicate_keys_are_named() {
    assert_eq!(
        faults("a: 1\nb: {c: 1, c: 2}\na: s3cret\n"),
        "t.yaml:2:11: the key c stands twice in this map\nt.yaml:3:1: the key a stands twice in this map"
    );
}

#[test]
fn bombs_are_refused() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..9 {
        let alias = format!("*a{}", level - 1);
        bomb.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            [alias.as_str(); 10].join(",")
        ));
    }
    assert!(
        faults(&bomb).contains("too many values, allowed: 100000"),
        "{}",
        faults(&bomb)
    );
    assert!(faults("a: &a [*a]").contains("inside the anchor it refers to"));
    assert!(faults(&"- ".repeat(500_000)).contains("nested too deep"));
    assert!(faults(&"[".repeat(200)).contains("nested too deep"));
    assert!(faults(&format!("[{}]", "a,".repeat(200_000))).contains("too many values"));
}

#[test]
fn syntax_faults_say_where_and_quote_nothing() {
    let tab = faults("telemetry:\n\tkey: hunter2\n");
    assert!(
        tab.starts_with("t.yaml:2:") && tab.contains("tab in the line's indentation"),
        "{tab}"
    );
    let variable = faults("a:\n  headers: { authorization: ${KEY} }\n  b: hunter2\n");
    assert!(variable.contains("wants quotes"), "{variable}");
    for text in [
        tab,
        variable,
        faults("a: \"hunter2"),
        faults("a: b: hunter2"),
        faults("a: *hunter2"),
        faults("%hunter2"),
        faults("a: @hunter2"),
    ] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    assert!(faults("a: 1\n---\nb: 2\n").contains("second document"));
}

#[test]
fn nothing_is_nothing() {
    for text in ["", "# only a comment\n", "\n\n"] {
        assert!(
            parse(text, &Place::file("t.yaml")).unwrap().is_none(),
            "{text:?}"
        );
    }
}
