//! Which baselines and events are meant.

use std::time::SystemTime;

/// What is left out is any. The default is everything.
///
/// ```
/// use telemetry_runtime::store::Selection;
///
/// let checkout = Selection::default().service("checkout").tool("charge_card");
/// assert_eq!(checkout.environment, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Selection {
    /// `service_name` of the program.
    pub service: Option<String>,
    /// `environment` of the program.
    pub environment: Option<String>,
    /// `service_version` of the program; the empty text is a program without one.
    pub version: Option<String>,
    /// The tool's name, exactly.
    pub tool: Option<String>,
}

impl Selection {
    /// Of this service only.
    #[must_use]
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.service = Some(name.into());
        self
    }

    /// Of this environment only.
    #[must_use]
    pub fn environment(mut self, name: impl Into<String>) -> Self {
        self.environment = Some(name.into());
        self
    }

    /// Of this version of the service only.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Of this tool only.
    #[must_use]
    pub fn tool(mut self, name: impl Into<String>) -> Self {
        self.tool = Some(name.into());
        self
    }
}

/// Which events, and how many of them: the newest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventQuery {
    /// Whose.
    pub selection: Selection,
    /// Not before.
    pub since: Option<SystemTime>,
    /// At most so many.
    pub limit: usize,
}

impl EventQuery {
    /// The newest 1,000 events of a selection.
    #[must_use]
    pub fn new(selection: Selection) -> Self {
        Self {
            selection,
            since: None,
            limit: 1000,
        }
    }

    /// Not before this moment.
    #[must_use]
    pub fn since(mut self, since: SystemTime) -> Self {
        self.since = Some(since);
        self
    }

    /// At most so many, the newest.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }
}
