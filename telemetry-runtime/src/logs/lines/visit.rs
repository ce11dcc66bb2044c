//! The fields of an event, each as it comes.

use std::borrow::Cow;
use std::fmt::{self, Debug};

use tracing_core::field::{Field, Visit};

use super::cut::{Cut, cut};
use crate::call::Rules;
use crate::logs::fields;
use crate::logs::mask::{REDACTED, masked};
use crate::otlp::logs::LogWriter;
use crate::value::Value;

/// Characters of a message that are kept.
const MESSAGE_MAX_LENGTH: usize = 64 * 1024;
/// Fields that are kept.
const MOST_FIELDS: usize = 128;

/// What is used again for each line of a thread.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) line: Vec<u8>,
    /// Names of fields that are written.
    pub(super) names: Vec<&'static str>,
    pub(super) message: String,
    pub(super) text: String,
    pub(super) known: Known,
}

/// What is known of names of fields, by their place in memory: those of `tracing` never move. One
/// that is not there, or was when other rules held, is looked at again.
pub(super) struct Known([Option<(usize, usize, u32, Kind)>; 64]);

/// What becomes of a field for its name's sake.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    /// It has a name of ours.
    Renamed,
    Secret,
    /// What tracing-log carries a record's target and place in.
    Bridge,
}

impl Default for Known {
    fn default() -> Self {
        Self([None; 64])
    }
}

impl Known {
    fn kind(&mut self, rules: &mut Rules, name: &'static str) -> Kind {
        let (place, length, generation) = (name.as_ptr() as usize, name.len(), rules.generation());
        // Names of one place in the code follow each other.
        let slot = &mut self.0[(place ^ place >> 6 ^ length) % 64];
        match *slot {
            Some((of, long, since, kind)) if (of, long, since) == (place, length, generation) => {
                kind
            }
            _ => {
                let kind = Kind::of(rules, name);
                *slot = Some((place, length, generation, kind));
                kind
            }
        }
    }
}

impl Kind {
    fn of(rules: &mut Rules, name: &'static str) -> Self {
        if name.starts_with("log.") {
            Self::Bridge
        } else if rules.is_secret(name) {
            Self::Secret
        } else if fields::name_in_line(name) != name {
            Self::Renamed
        } else {
            Self::Plain
        }
    }
}

/// Writes the fields of one event into its record.
pub(super) struct Visitor<'a, 'w> {
    pub(super) log: &'a mut LogWriter<'w>,
    pub(super) names: &'a mut Vec<&'static str>,
    pub(super) message: &'a mut String,
    pub(super) text: &'a mut String,
    pub(super) known: &'a mut Known,
    pub(super) rules: &'a mut Rules,
    pub(super) left_out: u32,
}

impl Scratch {
    /// Makes it empty.
    pub(super) fn clear(&mut self) {
        self.line.clear();
        self.names.clear();
        self.message.clear();
    }
}

impl Visitor<'_, '_> {
    /// The name to write a field under that is to be written, and was not yet. One whose name looks
    /// like a secret's is written here.
    fn new_name(&mut self, name: &'static str) -> Option<Cow<'static, str>> {
        let kind = self.known.kind(self.rules, name);
        if kind == Kind::Bridge || self.names.contains(&name) {
            return None;
        }
        if self.names.len() == MOST_FIELDS {
            self.left_out += 1;
            return None;
        }
        self.names.push(name);
        match kind {
            Kind::Plain => Some(Cow::Borrowed(name)),
            Kind::Secret => {
                self.log.text(&fields::name_in_line(name), REDACTED);
                None
            }
            _ => Some(fields::name_in_line(name)),
        }
    }

    /// A field of a span around the event.
    pub(super) fn field(&mut self, name: &'static str, value: &Value) {
        if let Some(name) = self.new_name(name) {
            self.log.attribute(&name, value);
        }
    }

    fn value(&mut self, field: &Field, value: &Value) {
        self.field(field.name(), value);
    }

    fn formatted(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let name = field.name();
        if name == MESSAGE {
            if self.message.is_empty() {
                Cut::write(self.message, MESSAGE_MAX_LENGTH, value);
            }
        } else if let Some(name) = self.new_name(name) {
            Cut::write(self.text, self.rules.max_length, value);
            self.log
                .text(&name, &without_secrets(self.text, self.rules));
        }
    }
}

/// What stands behind a key in a text, such as `password=`, is as secret as in a field of that name.
pub(super) fn without_secrets<'a>(text: &'a str, rules: &Rules) -> Cow<'a, str> {
    masked(text, |key| rules.is_secret_now(key))
}

/// The field that `tracing` puts an event's message in.
const MESSAGE: &str = "message";

impl Visit for Visitor<'_, '_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.formatted(field, format_args!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.formatted(field, format_args!("{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let name = field.name();
        if name == MESSAGE {
            self.formatted(field, format_args!("{value}"));
        } else if let Some(name) = self.new_name(name) {
            match cut(value, self.rules.max_length) {
                (whole, false) => self.log.text(&name, &without_secrets(whole, self.rules)),
                (part, true) => {
                    self.text.clear();
                    self.text.push_str(part);
                    self.text.push('…');
                    self.log
                        .text(&name, &without_secrets(self.text, self.rules));
                }
            }
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field, &Value::I64(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.value(field, &Value::from(value));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.value(field, &Value::from(value));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.value(field, &Value::from(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.value(field, &Value::F64(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.value(field, &Value::Bool(value));
    }
}

/// The fields of a span, or of an event that becomes one of a span's, with their values.
#[derive(Default)]
pub(super) struct Fields(pub(super) Vec<(&'static str, Value)>);

/// Takes fields as values.
pub(super) struct Keep<'a> {
    pub(super) fields: &'a mut Fields,
    pub(super) rules: &'a mut Rules,
}

impl Keep<'_> {
    fn put(&mut self, field: &Field, value: Value) {
        let name = field.name();
        if name.starts_with("log.") {
            return;
        }
        let value = match self.rules.is_secret(name) {
            true => Value::Str(REDACTED.into()),
            false => value,
        };
        let fields = &mut self.fields.0;
        if let Some((_, known)) = fields.iter_mut().find(|(known, _)| *known == name) {
            *known = value;
        } else if fields.len() < MOST_FIELDS {
            fields.push((name, value));
        }
    }

    fn formatted(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let max_length = match field.name() {
            MESSAGE => MESSAGE_MAX_LENGTH,
            _ => self.rules.max_length,
        };
        let mut text = String::new();
        if !self.rules.is_secret(field.name()) {
            Cut::write(&mut text, max_length, value);
            if let Cow::Owned(masked) = without_secrets(&text, self.rules) {
                text = masked;
            }
        }
        self.put(field, Value::Str(text.into()));
    }
}

impl Visit for Keep<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.formatted(field, format_args!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.formatted(field, format_args!("{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.formatted(field, format_args!("{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::I64(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::from(value));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.put(field, Value::from(value));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.put(field, Value::from(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, Value::F64(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::Bool(value));
    }
}
