//! One server: endpoint, protocol, headers, TLS.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use super::Resolver;
use super::exporters::{Plan, protocol_key};
use crate::config::fault::Fault;
use crate::config::features;
use crate::config::layers::{Layer, Scope, Setting, Typed};
use crate::config::node::Origin;
use crate::config::otel;
use crate::config::settings::{Backend, Protocol, Secret, Tls};
use crate::config::url::Url;

const ZIPKIN: &str = "http://localhost:9411/api/v2/spans";
const LOKI_PATH: &str = "/loki/api/v1/push";
/// Thrift and its own gRPC, which Jaeger v2 no longer has.
const JAEGERS_OLD_PORTS: [u16; 4] = [14268, 14250, 6831, 6832];

impl<'a> Resolver<'a> {
    /// Where OTLP of one signal goes. Faults and notices only where the plan has OTLP.
    pub(super) fn otlp_backend<E>(
        &mut self,
        signal: &str,
        scope: Scope,
        plan: &Plan<E>,
        active: bool,
    ) -> Backend {
        let protocol = self.protocol(scope);
        let key = format!("{signal}_endpoint");
        let setting = self.endpoint_setting(&key, scope, plan);
        let checked = active && plan.otlp;
        let endpoint = match setting {
            Some(setting) => self.otlp_endpoint(setting, signal, protocol, plan.jaeger, checked),
            None if protocol == Protocol::Grpc => "http://localhost:4317".to_owned(),
            None => format!("http://localhost:4318/v1/{signal}"),
        };
        self.backend(signal, scope, endpoint, protocol)
    }

    /// Where Zipkin's JSON goes. Headers are its own only where it is the only server.
    pub(super) fn zipkin_backend<E>(&mut self, plan: &Plan<E>, active: bool) -> Backend {
        let setting = self.endpoint_setting("traces_endpoint", Scope::Zipkin, plan);
        let endpoint = match setting.and_then(|setting| Some((setting, parsed(setting)?))) {
            Some((setting, mut url)) => {
                if url.path.is_empty() || url.path == "/" {
                    url.path = "/api/v2/spans".to_owned();
                }
                if active && plan.zipkin {
                    self.fits(setting, &mut url, false);
                }
                url.to_string()
            }
            None => ZIPKIN.to_owned(),
        };
        let mut backend = self.backend("traces", Scope::Zipkin, endpoint, Protocol::HttpJson);
        if plan.otlp {
            backend.headers.clear();
        }
        backend
    }

    /// Where log lines are pushed to.
    pub(super) fn loki_backend(&mut self, active: bool) -> Backend {
        let setting = self.layers.top("loki_url");
        let endpoint = match setting.and_then(|setting| Some((setting, parsed(setting)?))) {
            Some((setting, mut url)) => {
                if url.path.is_empty() || url.path == "/" {
                    url.path = LOKI_PATH.to_owned();
                }
                if active {
                    self.fits(setting, &mut url, false);
                }
                url.to_string()
            }
            None => String::new(),
        };
        self.backend("loki", Scope::Loki, endpoint, Protocol::HttpProtobuf)
    }

    fn backend(&self, signal: &str, scope: Scope, endpoint: String, protocol: Protocol) -> Backend {
        let value = |key: &str| {
            self.layers
                .top_for(&format!("{signal}_{key}"), None, scope)
                .map(|setting| &setting.value)
        };
        let headers = match value("headers") {
            Some(Typed::Headers(headers)) => headers
                .iter()
                .map(|(name, value)| (name.clone(), Secret(value.clone())))
                .collect(),
            _ => Vec::new(),
        };
        let timeout = match value("timeout_ms") {
            Some(Typed::Integer(timeout)) => Duration::from_millis(*timeout),
            _ => Duration::from_secs(10),
        };
        let gzip = value("compression") == Some(&Typed::Names(vec!["gzip"]));
        Backend {
            endpoint,
            protocol,
            headers,
            timeout,
            gzip,
            tls: self.tls(scope),
        }
    }

    /// The strongest endpoint that means this server, `None` for the default. Where OTLP and Zipkin
    /// both run, `traces_endpoint` is the one's whose port or path it has.
    fn endpoint_setting<E>(&self, key: &str, scope: Scope, plan: &Plan<E>) -> Option<&'a Setting> {
        let both = plan.otlp && plan.zipkin;
        let layers = self.layers;
        let means_it = |setting: &&'a Setting| {
            let shared = both && setting.scope == Scope::All;
            !shared
                || parsed(setting).is_some_and(|url| is_zipkins(&url)) == (scope == Scope::Zipkin)
        };
        layers
            .all_for(key, scope)
            .filter(|setting| setting.layer > Layer::Situation)
            .find(means_it)
    }

    fn otlp_endpoint(
        &mut self,
        setting: &Setting,
        signal: &str,
        protocol: Protocol,
        jaeger: bool,
        checked: bool,
    ) -> String {
        let Some(mut url) = parsed(setting) else {
            return String::new();
        };
        let grpc = protocol == Protocol::Grpc;
        if jaeger
            && (url
                .port
                .is_some_and(|port| JAEGERS_OLD_PORTS.contains(&port))
                || url.path.starts_with("/api/traces"))
        {
            url = self.jaeger_now(setting, &url, grpc, checked);
        }
        if checked {
            self.fits(setting, &mut url, grpc);
        }
        if grpc {
            return url.authority_only().to_string();
        }
        let is_general = setting.place.origin == Origin::Variable(otel::GENERAL_ENDPOINT.into());
        if is_general {
            url.path = format!("{}/v1/{signal}", url.path.trim_end_matches('/'));
        } else if setting.scope == Scope::All && (url.path.is_empty() || url.path == "/") {
            url.path = format!("/v1/{signal}");
        }
        url.to_string()
    }

    /// What can only be wrong once protocol and exporter are known; a near gRPC host gets its scheme.
    fn fits(&mut self, setting: &Setting, url: &mut Url, grpc: bool) {
        let fault = match url.scheme {
            Some("https") if !features::has("tls") => Some(features::missing("https", "tls")),
            None if !(grpc && url.is_near()) => Some(format!(
                "found a URL without http:// or https://, allowed: {}",
                setting.key.kind
            )),
            _ => None,
        };
        if let Some(text) = fault {
            return self
                .faults
                .push(Fault::new(&setting.place, setting.key.name, text));
        }
        url.scheme = url.scheme.or(Some("http"));
        let other = match url.port {
            Some(4318) if grpc => {
                "4318 is OTLP/HTTP's usual port, the protocol is grpc (usually 4317)"
            }
            Some(4317) if !grpc => {
                "4317 is OTLP/gRPC's usual port, the protocol is http (usually 4318)"
            }
            _ => return,
        };
        self.notices
            .push(format!("{}: {}: {other}", setting.place, setting.key.name));
    }

    /// Jaeger's OTLP port on the host whose old port was named.
    fn jaeger_now(&mut self, setting: &Setting, url: &Url, grpc: bool, checked: bool) -> Url {
        let port = if grpc { 4317 } else { 4318 };
        let mut now = url.clone().authority_only();
        now.scheme = url.scheme.or(Some("http"));
        now.port = Some(port);
        if checked {
            self.notices.push(format!(
                "{}: {}: Jaeger's Thrift endpoint is gone with Jaeger v2; spans go by OTLP to {}",
                setting.place,
                setting.key.name,
                now.masked()
            ));
        }
        now
    }

    pub(super) fn protocol(&self, scope: Scope) -> Protocol {
        match self
            .layers
            .top_for(protocol_key(scope), None, scope)
            .map(|setting| &setting.value)
        {
            Some(Typed::Names(names)) if names == &["grpc"] => Protocol::Grpc,
            Some(Typed::Names(names)) if names == &["http-json"] => Protocol::HttpJson,
            _ => Protocol::HttpProtobuf,
        }
    }

    pub(super) fn tls(&self, scope: Scope) -> Tls {
        let file = |name: &str| self.tls_file(name, scope).map(|(_, path)| path);
        Tls {
            cert_file: file("cert_file"),
            key_file: file("key_file"),
            ca_file: file("ca_file"),
        }
    }

    fn tls_file(&self, name: &str, scope: Scope) -> Option<(&'a Setting, PathBuf)> {
        let setting = self.layers.top_for("tls", Some(name), scope)?;
        match &setting.value {
            Typed::Text(path) => Some((setting, self.directory.join(path))),
            _ => None,
        }
    }

    /// They must be there, certificate and key both; what is in them is seen when they are used.
    pub(super) fn certificates(&mut self) {
        if !self.enabled {
            return;
        }
        let mut faults = BTreeSet::new();
        for scope in [
            Scope::OtlpTraces,
            Scope::OtlpMetrics,
            Scope::OtlpLogs,
            Scope::Loki,
            Scope::Zipkin,
        ] {
            for name in ["cert_file", "key_file", "ca_file"] {
                let Some((setting, path)) = self.tls_file(name, scope) else {
                    continue;
                };
                let key = format!("tls.{name}");
                if let Err(why) = readable(&path) {
                    faults.insert(Fault::new(&setting.place, &key, why));
                }
                let other = match name {
                    "cert_file" => "key_file",
                    "key_file" => "cert_file",
                    _ => continue,
                };
                if self.tls_file(other, scope).is_none() {
                    faults.insert(Fault::new(
                        &setting.place,
                        &key,
                        format!("found without tls.{other}, allowed: both or none"),
                    ));
                }
            }
        }
        self.faults.extend(faults);
    }
}

/// Endpoints have been parsed once when they were checked.
fn parsed(setting: &Setting) -> Option<Url> {
    match &setting.value {
        Typed::Text(text) => Url::parse(text).ok(),
        _ => None,
    }
}

fn is_zipkins(url: &Url) -> bool {
    url.port == Some(9411) || url.path.ends_with("/api/v2/spans")
}

fn readable(path: &std::path::Path) -> Result<(), String> {
    let cannot = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            "there is no such file (paths are from the working directory)".to_owned()
        }
        _ => format!("this file cannot be read: {error}"),
    };
    match File::open(path)
        .and_then(|file| file.metadata())
        .map_err(cannot)?
    {
        data if data.is_dir() => Err("found a directory, allowed: a file in PEM".to_owned()),
        _ => Ok(()),
    }
}
