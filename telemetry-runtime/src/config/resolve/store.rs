//! Where baselines and drift events are kept.

use std::time::Duration;

use super::{Resolver, count, milliseconds};
use crate::config::fault::Fault;
use crate::config::features;
use crate::config::layers::Scope;
use crate::config::settings::{Postgres, Secret, Store, StoreKind};
use crate::config::url::Url;

impl Resolver<'_> {
    pub(super) fn store(&mut self, has_file: bool) -> Store {
        let layers = self.layers;
        let days = layers.integer("store_retention_days");
        Store {
            kind: self.store_kind(has_file),
            interval: milliseconds(layers, "store_interval_ms"),
            timeout: milliseconds(layers, "store_timeout_ms"),
            queue_max_events: count(layers, "store_queue_max_events"),
            retention: (days > 0).then(|| Duration::from_secs(days * 24 * 3600)),
        }
    }

    /// What is said; else what the file's or the server's name means; else SQLite, where there is a
    /// configuration file and the feature.
    fn store_kind(&mut self, has_file: bool) -> StoreKind {
        let layers = self.layers;
        if !(self.enabled && features::has("drift")) {
            return StoreKind::None;
        }
        let name = if layers.is_said("store") {
            layers.choice("store")
        } else if layers.is_said("store_url") {
            "postgres"
        } else if layers.is_said("store_file") || has_file {
            "sqlite"
        } else {
            "none"
        };
        match name {
            "sqlite" if features::has("sqlite") => {
                let file = layers.text("store_file").unwrap_or("telemetry.db");
                StoreKind::Sqlite(self.directory.join(file))
            }
            "postgres" if features::has("postgres") => self.postgres(),
            _ => StoreKind::None,
        }
    }

    fn postgres(&mut self) -> StoreKind {
        let Some(url) = self.layers.text("store_url") else {
            let watched = self.layers.flag("drift_detection_enabled");
            if let Some(setting) = self.layers.top("store").filter(|_| watched) {
                self.faults.push(Fault::new(
                    &setting.place,
                    "store",
                    "found postgres without store_url, allowed: both, the URL as in postgres://user:${PASSWORD}@host:5432/database",
                ));
            }
            return StoreKind::None;
        };
        StoreKind::Postgres(Postgres {
            place: Url::parse_as(url, Url::DATABASE)
                .map_or_else(|_| String::new(), |url| url.masked()),
            near: Url::parse_as(url, Url::DATABASE).is_ok_and(|url| url.is_near()),
            url: Secret(url.to_owned()),
            tls: self.tls(Scope::All),
        })
    }
}
