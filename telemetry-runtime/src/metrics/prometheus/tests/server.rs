use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::super::PrometheusServer;
use super::super::format::Format;
use super::super::parser::parse;
use super::snapshot;

#[test]
fn the_server_serves_the_page_in_the_format_asked_for() {
    let server = serve();
    let text = get(server.local_addr(), "/metrics", "");
    assert!(
        text.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4;"),
        "{text}"
    );
    let samples = parse(&dechunked(&text), Format::Text);
    assert_eq!(
        samples.get(r#"tool_calls_total{tool_name="load",environment="test"}"#),
        Some(&0.0)
    );

    let open = get(
        server.local_addr(),
        "/metrics?x=1",
        "Accept: application/openmetrics-text;version=1.0.0\r\n",
    );
    assert!(
        open.contains("\r\nContent-Type: application/openmetrics-text; version=1.0.0;"),
        "{open}"
    );
    let samples = parse(&dechunked(&open), Format::OpenMetrics);
    assert_eq!(
        samples.get(r#"tool_calls_total{tool_name="load",environment="test"}"#),
        Some(&7.0)
    );
    drop(server);
}

#[test]
fn a_large_page_arrives_whole() {
    let names: Vec<String> = (0..2000).map(|number| format!("tool {number}")).collect();
    let snapshot = snapshot(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let server = PrometheusServer::start(
        "127.0.0.1:0",
        move || (snapshot.clone(), Vec::new()),
        Vec::new(),
        "test".to_owned(),
    )
    .unwrap();
    let answer = get(server.local_addr(), "/metrics", "");
    let calls = parse(&dechunked(&answer), Format::Text);
    assert_eq!(
        calls
            .keys()
            .filter(|series| series.starts_with("tool_calls_total"))
            .count(),
        2000
    );

    let old = ask(server.local_addr(), b"GET /metrics HTTP/1.0\r\n\r\n");
    let (head, body) = old.split_once("\r\n\r\n").unwrap();
    assert!(!head.contains("chunked"), "{head}");
    assert_eq!(parse(body, Format::Text).len(), calls.len());
}

#[test]
fn nothing_else_is_served() {
    let server = serve();
    let address = server.local_addr();
    for (request, status, body) in [
        (
            "GET / HTTP/1.1\r\n\r\n",
            "200 OK",
            "The metrics are at /metrics.\n",
        ),
        (
            "GET /etc/passwd HTTP/1.1\r\n\r\n",
            "404 Not Found",
            "The metrics are at /metrics.\n",
        ),
        (
            "GET /metrics/../x HTTP/1.1\r\n\r\n",
            "404 Not Found",
            "The metrics are at /metrics.\n",
        ),
        (
            "POST /metrics HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi",
            "405 Method Not Allowed",
            "Only GET and HEAD.\n",
        ),
        ("HEAD /nothing HTTP/1.1\r\n\r\n", "404 Not Found", ""),
        (
            "\u{16}\u{3}\u{1} hello\r\n\r\n",
            "400 Bad Request",
            "400 Bad Request\n",
        ),
    ] {
        let answer = ask(address, request.as_bytes());
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{request:?}: {answer}"
        );
        assert!(
            answer.ends_with(&format!("\r\n\r\n{body}")),
            "{request:?}: {answer}"
        );
    }
    let head = ask(address, b"HEAD /metrics HTTP/1.1\r\n\r\n");
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    let zero = get(address, "/metrics", "");
    assert!(
        zero.contains(r#"tool_calls_total{tool_name="load",environment="test"} 0"#),
        "HEAD shows nothing: {zero}"
    );
}

#[test]
fn a_head_that_is_too_long_is_refused() {
    let server = serve();
    for headers in [
        format!("X: {}\r\n", "x".repeat(9000)),
        "X: y\r\n".repeat(100),
    ] {
        let answer = get(server.local_addr(), "/metrics", &headers);
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
}

#[test]
fn clients_that_stall_leave_room_for_others_and_do_not_hold_up_the_end() {
    let server = serve();
    let address = server.local_addr();
    let mut stalled: Vec<TcpStream> = (0..7)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    for stream in &mut stalled {
        stream.write_all(b"GET /metr").unwrap();
    }
    assert!(get(address, "/metrics", "").starts_with("HTTP/1.1 200 OK"));

    drop(server);
    for mut stream in stalled {
        assert!(
            matches!(stream.read(&mut [0]), Ok(0) | Err(_)),
            "it is closed"
        );
    }
    assert!(TcpStream::connect(address).is_err(), "the port is closed");
}

#[test]
fn more_connections_than_allowed_are_turned_away() {
    let server = serve();
    let mut clients: Vec<TcpStream> = (0..12)
        .map(|_| TcpStream::connect(server.local_addr()).unwrap())
        .collect();
    for refused in &mut clients[8..] {
        let mut answer = String::new();
        refused.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    }
    clients[0].write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = String::new();
    clients[0].read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[test]
fn a_port_in_use_is_an_error_that_names_the_key() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let source = || (snapshot(&[]), Vec::new());
    let why = PrometheusServer::start(&listen, source, Vec::new(), String::new()).unwrap_err();
    assert!(
        why.starts_with(&format!("prometheus_listen \"{listen}\": ")),
        "{why}"
    );
    let why = PrometheusServer::start("9464", source, Vec::new(), String::new()).unwrap_err();
    assert!(why.starts_with("prometheus_listen \"9464\": "), "{why}");
}

#[test]
fn a_source_that_panics_ends_that_answer_only() {
    let server = PrometheusServer::start(
        "127.0.0.1:0",
        || panic!("a panic that this test wants"),
        Vec::new(),
        String::new(),
    )
    .unwrap();
    for _ in 0..2 {
        let answer = get(server.local_addr(), "/metrics", "");
        assert!(
            !answer.ends_with("0\r\n\r\n"),
            "an answer that looks whole: {answer}"
        );
    }
    assert!(get(server.local_addr(), "/", "").starts_with("HTTP/1.1 200 OK"));
}

fn serve() -> PrometheusServer {
    PrometheusServer::start(
        "127.0.0.1:0",
        || (snapshot(&["load"]), Vec::new()),
        vec![("service.name".to_owned(), "shop".to_owned())],
        "test".to_owned(),
    )
    .unwrap()
}

fn get(address: SocketAddr, path: &str, headers: &str) -> String {
    ask(
        address,
        format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n").as_bytes(),
    )
}

fn ask(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream.write_all(request).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The body of a chunked answer.
fn dechunked(answer: &str) -> String {
    let (head, mut rest) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("\r\nTransfer-Encoding: chunked"), "{head}");
    let mut body = String::new();
    loop {
        let (size, chunk) = rest.split_once("\r\n").unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        body.push_str(&chunk[..size]);
        rest = chunk[size..].strip_prefix("\r\n").unwrap();
        if size == 0 {
            assert_eq!(rest, "");
            return body;
        }
    }
}
