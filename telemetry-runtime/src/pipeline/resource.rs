//! Who sends: the attributes that all spans and metrics of a process share.

use std::hash::{BuildHasher, RandomState};

use crate::config::Config;
use crate::names::resource::{
    DEPLOYMENT_ENVIRONMENT_NAME, HOST_NAME, PROCESS_PID, SERVICE_INSTANCE_ID, SERVICE_NAME,
    SERVICE_VERSION, TELEMETRY_SDK_LANGUAGE, TELEMETRY_SDK_NAME, TELEMETRY_SDK_VERSION,
};
use crate::value::Value;

/// What the process knows of itself, and over it what the configuration says.
pub(crate) fn attributes(config: &Config) -> Vec<(String, Value)> {
    let mut all: Vec<(String, Value)> = Vec::new();
    let mut set = |key: &str, value: Value| match all.iter_mut().find(|(known, _)| known == key) {
        Some((_, known)) => *known = value,
        None => all.push((key.to_owned(), value)),
    };
    set(SERVICE_NAME, config.service_name.clone().into());
    if let Some(version) = &config.service_version {
        set(SERVICE_VERSION, version.clone().into());
    }
    set(SERVICE_INSTANCE_ID, uuid().into());
    set(
        DEPLOYMENT_ENVIRONMENT_NAME,
        config.environment.clone().into(),
    );
    if let Some(host) = host_name() {
        set(HOST_NAME, host.into());
    }
    set(PROCESS_PID, std::process::id().into());
    set(TELEMETRY_SDK_NAME, env!("CARGO_PKG_NAME").into());
    set(TELEMETRY_SDK_LANGUAGE, "rust".into());
    set(TELEMETRY_SDK_VERSION, env!("CARGO_PKG_VERSION").into());
    for (key, value) in &config.resource {
        set(key, value.clone().into());
    }
    all
}

/// A random UUID, version 4 (RFC 9562, 5.4): one process, one instance.
fn uuid() -> String {
    let random = || RandomState::new().hash_one(std::process::id());
    let high = random() & !0xf000 | 0x4000;
    let low = random() & !(0b11 << 62) | 0b10 << 62;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// As the system or the shell says, where either does.
fn host_name() -> Option<String> {
    let said = |name: String| Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    let files = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let from_files = files
        .iter()
        .find_map(|path| said(std::fs::read_to_string(path).ok()?));
    from_files.or_else(|| {
        ["HOSTNAME", "COMPUTERNAME"]
            .iter()
            .find_map(|name| said(std::env::var(name).ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::uuid;

    #[test]
    fn a_uuid_says_that_it_is_random_and_is_not_the_same_twice() {
        let id = uuid();
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4", "{id}");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"), "{id}");
        assert_ne!(id, uuid());
    }
}
