use std::path::PathBuf;

use super::*;
use crate::config::Protocol;
use crate::otlp::testing::{Certificates, backend};

fn faults(tls: Tls) -> String {
    let backend = Backend {
        tls,
        ..backend("https://localhost", Protocol::HttpProtobuf)
    };
    Trust::of(&backend, true)
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

fn trusting(certificates: &Certificates) -> Tls {
    Tls {
        ca_file: Some(certificates.path("ca.pem")),
        ..Tls::default()
    }
}

#[test]
fn files_that_are_right_are_read() {
    let certificates = Certificates::new();
    certificates.sign("client", "client");
    let tls = Tls {
        cert_file: Some(certificates.path("client.pem")),
        key_file: Some(certificates.path("client.key")),
        ..trusting(&certificates)
    };
    assert_eq!(faults(tls.clone()), "");
    let everything = ["ca.pem", "client.pem"]
        .map(|name| std::fs::read_to_string(certificates.path(name)).unwrap());
    let bundle = certificates.write("bundle.pem", &everything.concat());
    assert_eq!(
        faults(Tls {
            ca_file: Some(bundle),
            ..tls
        }),
        ""
    );
}

#[test]
fn a_key_of_another_certificate() {
    let certificates = Certificates::new();
    certificates.sign("one", "one");
    certificates.sign("other", "other");
    let fault = faults(Tls {
        cert_file: Some(certificates.path("one.pem")),
        key_file: Some(certificates.path("other.key")),
        ..trusting(&certificates)
    });
    assert!(
        fault.contains("one.pem") && fault.contains("other.key"),
        "{fault}"
    );
}

#[test]
fn faults_name_the_key_and_the_file_and_not_what_is_in_it() {
    let certificates = Certificates::new();
    certificates.sign("client", "client");
    let text = certificates.write("text.pem", "hush hush\n");
    let broken = certificates.write(
        "broken.pem",
        "-----BEGIN CERTIFICATE-----\nhush\n-----END CERTIFICATE-----\n",
    );
    let torn = certificates.write("torn.pem", "-----BEGIN PRIVATE KEY-----\nhush");
    let missing = certificates.path("missing.pem");
    let client = |cert_file: PathBuf, key_file: PathBuf| Tls {
        cert_file: Some(cert_file),
        key_file: Some(key_file),
        ..trusting(&certificates)
    };
    let (cert, key) = (
        certificates.path("client.pem"),
        certificates.path("client.key"),
    );
    for (tls, name, file) in [
        (
            Tls {
                ca_file: Some(missing.clone()),
                ..Tls::default()
            },
            "tls.ca_file",
            &missing,
        ),
        (
            Tls {
                ca_file: Some(text.clone()),
                ..Tls::default()
            },
            "tls.ca_file",
            &text,
        ),
        (
            Tls {
                ca_file: Some(broken.clone()),
                ..Tls::default()
            },
            "tls.ca_file",
            &broken,
        ),
        (
            client(missing.clone(), key.clone()),
            "tls.cert_file",
            &missing,
        ),
        (client(text.clone(), key.clone()), "tls.cert_file", &text),
        (
            client(broken.clone(), key.clone()),
            "tls.cert_file",
            &broken,
        ),
        (
            client(cert.clone(), missing.clone()),
            "tls.key_file",
            &missing,
        ),
        (client(cert.clone(), text.clone()), "tls.key_file", &text),
        (client(cert.clone(), torn.clone()), "tls.key_file", &torn),
        (client(cert.clone(), cert.clone()), "tls.key_file", &cert),
    ] {
        let fault = faults(tls);
        assert!(
            fault.contains(name) && fault.contains(file.to_str().unwrap()),
            "{fault}"
        );
        assert!(!fault.contains("hush"), "{fault}");
    }
}

#[test]
fn one_without_the_other() {
    let certificates = Certificates::new();
    certificates.sign("client", "client");
    let cert_file = Some(certificates.path("client.pem"));
    assert!(
        faults(Tls {
            cert_file,
            ..trusting(&certificates)
        })
        .contains("tls.key_file")
    );
    let key_file = Some(certificates.path("client.key"));
    assert!(
        faults(Tls {
            key_file,
            ..trusting(&certificates)
        })
        .contains("tls.cert_file")
    );
}

#[test]
fn plain_http_asks_nobody() {
    assert!(
        Trust::of(&backend("http://localhost", Protocol::HttpProtobuf), false)
            .unwrap()
            .is_none()
    );
}
