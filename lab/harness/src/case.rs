//! Something that is called, and the same without what is measured.

/// Makes so many calls.
pub type Calls = Box<dyn Fn(u64) + Send + Sync>;

/// One thing to measure.
pub struct Case {
    /// What the tables call it.
    pub name: &'static str,
    /// With instrumentation.
    pub calls: Calls,
    /// Without.
    pub bare: Calls,
}

impl Case {
    /// Of one call with and one without. Both become loops of their own, so that the call is
    /// compiled into the loop as it would be in a program.
    pub fn new(
        name: &'static str,
        call: impl Fn(u64) + Send + Sync + 'static,
        bare: impl Fn(u64) + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            calls: repeated(call),
            bare: repeated(bare),
        }
    }
}

fn repeated(call: impl Fn(u64) + Send + Sync + 'static) -> Calls {
    Box::new(move |count| (0..count).for_each(&call))
}
