//! What is worth a line on standard error: that a destination fails for the first time, and that
//! this has passed. All later failures are in `health()` only.

use super::Signal;

#[derive(Debug)]
pub(super) struct News {
    name: &'static str,
    signal: Signal,
    told: Told,
    /// That a batch was refused for good was said.
    refusal: bool,
    /// That the spill file takes nothing was said.
    full: bool,
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
            refusal: false,
            full: false,
        }
    }

    /// The line to print, if there is one: the first refusal has one of its own, since what the
    /// backend says with it is all there is to go by.
    pub(super) fn refused(&mut self, why: &str) -> Option<String> {
        let first = !std::mem::replace(&mut self.refusal, true);
        first.then(|| {
            if self.told == Told::Nothing {
                self.told = Told::Failing;
            }
            format!(
                "{} to {} are refused: {why} (further refusals are counted, not printed)",
                self.signal.as_str(),
                self.name
            )
        })
    }

    /// The line to print, if there is one.
    pub(super) fn full(&mut self, why: &str) -> Option<String> {
        let first = !std::mem::replace(&mut self.full, true);
        first.then(|| {
            format!(
                "{} to {} cannot be kept in a file: {why}",
                self.signal.as_str(),
                self.name
            )
        })
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
    fn the_first_refusal_is_told_whatever_was_told_before() {
        let mut news = News::new("loki", Signal::Logs);
        news.failed("away");
        news.arrived();
        assert_eq!(
            news.refused("400 Bad Request: too old").unwrap(),
            "logs to loki are refused: 400 Bad Request: too old (further refusals are counted, not printed)"
        );
        assert_eq!(news.refused("again"), None);
        assert!(news.full("no space left").is_some() && news.full("still").is_none());
    }

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
