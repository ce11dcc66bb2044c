//! Parameters become typed attributes, before the body moves them.
//!
//! Generated code is a line a parameter: `params.param(key, &value).telemetry_capture()`.
//! That method stands on three types, each of which dereferences to the next:
//! [`Param`] has it where the value's type is [`Typed`], [`ByDebug`] where it has
//! `Debug`, [`LeftOut`] always. The compiler takes the first that fits ("autoderef
//! specialisation"), without a trait in scope, so that every type compiles. It decides
//! where the function stands: a generic parameter is what its bounds say. The method's
//! long name keeps it apart from those of users' traits that stand on every type.

use std::fmt::{self, Debug};
use std::ops::{Deref, DerefMut};

use super::attributes::Attributes;
use super::cut::{cut, write_cut};
use super::limits::Rules;
use super::typed::Typed;
use crate::Value;
use crate::config::ParamsCapture;
use crate::names::attribute::{TOOL_PARAM_PREFIX, TOOL_RETURN};

/// What looks at the parameters of a call. Not generic, so that what takes it is compiled once and
/// not for each annotated function.
pub(crate) type Capture<'a> = dyn FnMut(&mut Params<'_>) + 'a;

/// Looks at nothing.
pub fn nothing(_: &mut Params<'_>) {}

/// Where captured parameters go, and by which rules.
pub struct Params<'a> {
    values: &'a mut Attributes,
    capture: ParamsCapture,
    rules: &'a mut Rules,
}

impl<'a> Params<'a> {
    /// `capture` as the tool has it; lengths and names that look like secrets by `rules`.
    pub(crate) fn new(
        values: &'a mut Attributes,
        capture: ParamsCapture,
        rules: &'a mut Rules,
    ) -> Self {
        Self {
            values,
            capture,
            rules,
        }
    }

    /// One parameter, `key` being `tool.param.<name>`.
    pub fn param<'p, T: ?Sized>(&'p mut self, key: &'static str, value: &'p T) -> Param<'p, T> {
        let name = key.strip_prefix(TOOL_PARAM_PREFIX).unwrap_or(key);
        if self.capture != ParamsCapture::None && self.rules.is_secret(name) {
            self.redacted(key);
            return self.slot(key, value, ParamsCapture::None);
        }
        self.slot(key, value, self.capture)
    }

    /// A parameter that the attribute asks for by its name, whatever the configuration says.
    pub fn named<'p, T: ?Sized>(&'p mut self, key: &'static str, value: &'p T) -> Param<'p, T> {
        self.slot(key, value, ParamsCapture::All)
    }

    /// A parameter of which nobody may see more than that it is there.
    pub fn redacted(&mut self, key: &'static str) {
        if self.capture != ParamsCapture::None {
            self.values.text(key, REDACTED, "");
        }
    }

    /// An attribute that is no parameter. One whose key looks like a secret's is redacted.
    pub fn field<'p, T: ?Sized>(&'p mut self, key: &'static str, value: &'p T) -> Param<'p, T> {
        if self.rules.is_secret(key) {
            self.values.text(key, REDACTED, "");
            return self.slot(key, value, ParamsCapture::None);
        }
        self.slot(key, value, ParamsCapture::All)
    }

    /// What the call gave.
    pub fn value<'p, T: ?Sized>(&'p mut self, value: &'p T) -> Param<'p, T> {
        self.slot(TOOL_RETURN, value, self.capture)
    }

    fn slot<'p, T: ?Sized>(
        &'p mut self,
        key: &'static str,
        value: &'p T,
        capture: ParamsCapture,
    ) -> Param<'p, T> {
        let slot = Slot {
            values: self.values,
            key,
            capture,
            max_length: self.rules.max_length,
        };
        Param(ByDebug(LeftOut { slot, value }))
    }

    /// An attribute that is telemetry's own.
    pub(super) fn put(&mut self, key: &'static str, value: &Value) {
        self.values.value(key, value);
    }

    /// One parameter of a call by hand.
    pub(crate) fn by_hand(&mut self, name: &str, value: &Value) {
        if self.capture == ParamsCapture::None {
            return;
        }
        let key = [TOOL_PARAM_PREFIX, name].concat();
        let mut slot = Slot {
            values: self.values,
            key: &key,
            capture: self.capture,
            max_length: self.rules.max_length,
        };
        match value {
            _ if self.rules.is_secret_now(name) => slot.whole_text(REDACTED),
            Value::Str(text) => slot.text(text),
            value => slot.value(value),
        }
    }
}

/// What stands for a secret.
const REDACTED: &str = "[redacted]";

/// Where one parameter goes.
pub struct Slot<'p> {
    values: &'p mut Attributes,
    key: &'p str,
    capture: ParamsCapture,
    max_length: usize,
}

impl<'p> Slot<'p> {
    pub(super) fn value(&mut self, value: &Value) {
        self.values.value(self.key, value);
    }

    /// The first `max_length` characters.
    pub(super) fn text(&mut self, text: &str) {
        let kept = cut(text, self.max_length);
        let more = if kept.len() < text.len() { "…" } else { "" };
        self.values.text(self.key, kept, more);
    }

    pub(super) fn whole_text(&mut self, text: &str) {
        self.values.text(self.key, text, "");
    }

    fn debug(&mut self, text: fmt::Arguments<'_>) {
        let max_length = self.max_length;
        let write = |to: &mut _| write_cut(to, text, max_length, "[Debug panicked]");
        self.values.text_by(self.key, write);
    }

    #[cfg(test)]
    pub(super) fn for_a_test(values: &'p mut Attributes, max_length: usize) -> Self {
        Self {
            values,
            key: "key",
            capture: ParamsCapture::All,
            max_length,
        }
    }
}

/// A parameter whose type may be `Typed`.
pub struct Param<'p, T: ?Sized>(ByDebug<'p, T>);

impl<T: Typed + ?Sized> Param<'_, T> {
    /// Puts it where it belongs.
    pub fn telemetry_capture(&mut self) {
        let LeftOut { slot, value } = &mut self.0.0;
        if slot.capture != ParamsCapture::None {
            value.put(slot);
        }
    }
}

/// A parameter whose type may have `Debug`.
pub struct ByDebug<'p, T: ?Sized>(LeftOut<'p, T>);

impl<T: Debug + ?Sized> ByDebug<'_, T> {
    /// Puts its text where it belongs.
    pub fn telemetry_capture(&mut self) {
        let LeftOut { slot, value } = &mut self.0;
        if slot.capture == ParamsCapture::All {
            slot.debug(format_args!("{value:?}"));
        }
    }
}

/// A parameter of which nothing can be said.
pub struct LeftOut<'p, T: ?Sized> {
    slot: Slot<'p>,
    value: &'p T,
}

impl<T: ?Sized> LeftOut<'_, T> {
    /// Leaves it out.
    pub fn telemetry_capture(&mut self) {}
}

impl<'p, T: ?Sized> Deref for Param<'p, T> {
    type Target = ByDebug<'p, T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T: ?Sized> DerefMut for Param<'_, T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<'p, T: ?Sized> Deref for ByDebug<'p, T> {
    type Target = LeftOut<'p, T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T: ?Sized> DerefMut for ByDebug<'_, T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fmt::{self, Debug};

    use super::{Attributes, Params, ParamsCapture, Rules};
    use crate::Value;
    use crate::config::Calls;

    /// What of `a = $value` is captured.
    macro_rules! captured {
        ($value:expr) => {
            captured!($value, ParamsCapture::All)
        };
        ($value:expr, $capture:expr) => {{
            let mut values = Attributes::new();
            let mut rules = rules(&[]);
            let mut params = Params::new(&mut values, $capture, &mut rules);
            params.param("tool.param.a", &$value).telemetry_capture();
            values.written().iter().next().map(|(key, value)| {
                assert_eq!(key, "tool.param.a");
                value.into_value()
            })
        }};
    }

    /// Five characters of a value, and these names are secret.
    fn rules(redact: &[&str]) -> Rules {
        Rules::of(&Calls {
            params_max_length: 5,
            params_redact: redact.iter().copied().map(str::to_owned).collect(),
            ..Calls::default()
        })
    }

    fn text(text: &'static str) -> Option<Value> {
        Some(Value::from(text))
    }

    #[derive(Debug)]
    struct Point;
    struct Opaque;

    #[test]
    fn typed_where_possible_else_debug_else_nothing() {
        assert_eq!(captured!(3_u8), Some(Value::I64(3)));
        assert_eq!(captured!("text"), text("text"));
        assert_eq!(captured!(Point), text("Point"));
        assert_eq!(captured!(&mut &Point), text("Point"));
        assert_eq!(captured!(Opaque), None);
        assert_eq!(captured!(|| 3), None);
    }

    #[test]
    fn a_generic_parameter_is_what_its_bounds_say() {
        fn unbounded<T>(value: T) -> Option<Value> {
            captured!(value)
        }
        fn debug<T: Debug + ?Sized>(value: &T) -> Option<Value> {
            captured!(*value)
        }
        assert_eq!(unbounded(3), None);
        assert_eq!(debug(&3), text("3"));
        assert_eq!(debug("a\n"), text(r#""a\n""#));
    }

    #[test]
    fn the_mode_decides() {
        assert_eq!(captured!(3, ParamsCapture::Primitives), Some(Value::I64(3)));
        assert_eq!(captured!(Point, ParamsCapture::Primitives), None);
        assert_eq!(captured!(3, ParamsCapture::None), None);
        assert_eq!(captured!(Point, ParamsCapture::None), None);
    }

    #[test]
    fn the_rest_of_a_long_debug_is_not_formatted() {
        struct Endless<'a>(&'a Cell<u32>);
        impl Debug for Endless<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    self.0.set(self.0.get() + 1);
                    f.write_str("äb")?;
                }
            }
        }
        let written = Cell::new(0);
        assert_eq!(captured!(Endless(&written)), text("äbäbä…"));
        assert_eq!(written.get(), 3);
        assert_eq!(captured!([1, 2]), text("[1, 2…"));
    }

    #[test]
    fn a_panicking_debug_hurts_nobody() {
        struct Panics;
        impl Debug for Panics {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("on purpose")
            }
        }
        assert_eq!(captured!(Panics), text("[Debug panicked]"));
    }

    #[test]
    fn secret_names_are_redacted() {
        let mut redact = rules(&["token", "api_key"]);
        let mut values = Attributes::new();
        let mut params = Params::new(&mut values, ParamsCapture::All, &mut redact);
        params
            .param("tool.param.Access_TOKEN", "s3cret")
            .telemetry_capture();
        params
            .param("tool.param.api_key", &Opaque)
            .telemetry_capture();
        params.param("tool.param.to", "ken").telemetry_capture();
        let values: Vec<_> = values
            .written()
            .iter()
            .map(|(key, value)| format!("{key}={}", value.into_value()))
            .collect();
        assert_eq!(
            values,
            [
                "tool.param.Access_TOKEN=[redacted]",
                "tool.param.api_key=[redacted]",
                "tool.param.to=ken"
            ]
        );
    }

    #[test]
    fn redacts_nothing_where_nothing_is_captured() {
        let mut redact = rules(&["token"]);
        let mut values = Attributes::new();
        let mut params = Params::new(&mut values, ParamsCapture::None, &mut redact);
        params
            .param("tool.param.token", "s3cret")
            .telemetry_capture();
        assert!(values.is_empty());
    }
}
