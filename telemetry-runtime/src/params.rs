//! What can be given as the parameters of a call by hand.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use crate::value::Value;

/// Names and values: an array, a vector, a map, or `()` for none.
///
/// They are looked at only when the call's span is sent.
pub trait CallParams {
    /// Hands each pair to `to`.
    #[doc(hidden)]
    fn each(self, to: impl FnMut(Cow<'static, str>, Value));
}

impl CallParams for () {
    fn each(self, _to: impl FnMut(Cow<'static, str>, Value)) {}
}

macro_rules! pairs {
    ($($pairs:ty $(, $more:ident)*);* $(;)?) => {
        $(impl<K: Into<Cow<'static, str>> $(, $more)*> CallParams for $pairs {
            fn each(self, mut to: impl FnMut(Cow<'static, str>, Value)) {
                self.into_iter().for_each(|(key, value)| to(key.into(), value));
            }
        })*
    };
}

pairs!(Vec<(K, Value)>; BTreeMap<K, Value>; HashMap<K, Value, S>, S);

impl<K: Into<Cow<'static, str>>, const N: usize> CallParams for [(K, Value); N] {
    fn each(self, mut to: impl FnMut(Cow<'static, str>, Value)) {
        self.into_iter()
            .for_each(|(key, value)| to(key.into(), value));
    }
}
