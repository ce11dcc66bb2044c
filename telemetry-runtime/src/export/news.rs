//! What is worth a line on standard error: that a destination fails for the first time, and that
//! this has passed. All later failures are in `health()` only.

use super::Signal;

#[derive(Debug)]
pub(super) struct News {
    name: &'static str,
    signal: Signal,
    told: Told,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    Nothing,
    Failing,
    Everything,
}

impl News {
    pub(super) fn new(name: &'static str, signal: Signal) -> Self {
        Self {
            name,
            signal,
            told: Told::Nothing,
        }
    }

    /// The line to print, if there is one.
    pub(super) fn failed(&mut self, why: &str) -> Option<String> {
        let first = self.told == Told::Nothing;
        first.then(|| {
            self.told = Told::Failing;
            format!(
                "{} to {} do not arrive: {why} (further failures are counted, not printed)",
                self.signal.as_str(),
                self.name
            )
        })
    }

    /// The line to print, if there is one.
    pub(super) fn arrived(&mut self) -> Option<String> {
        let passed = self.told == Told::Failing;
        passed.then(|| {
            self.told = Told::Everything;
            format!("{} to {} arrive now", self.signal.as_str(), self.name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_when_it_fails_and_one_when_it_has_passed() {
        let mut news = News::new("otlp", Signal::Metrics);
        assert_eq!(news.arrived(), None);
        assert_eq!(
            news.failed("http://localhost:4318: connection refused")
                .unwrap(),
            "metrics to otlp do not arrive: http://localhost:4318: connection refused \
             (further failures are counted, not printed)"
        );
        assert_eq!(news.failed("again"), None);
        assert_eq!(news.arrived().unwrap(), "metrics to otlp arrive now");
        assert_eq!((news.failed("later"), news.arrived()), (None, None));
    }
}
