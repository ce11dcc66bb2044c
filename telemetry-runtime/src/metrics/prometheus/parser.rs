//! A reader of both formats that refuses what their specifications forbid.

use std::collections::{BTreeMap, BTreeSet};

use super::format::Format;

/// Samples by their text up to the value: `name{labels}`, as they stand in the page.
pub(super) type Samples = BTreeMap<String, f64>;

/// Reads a page.
///
/// # Panics
///
/// At the first line that is not right.
pub(super) fn parse(page: &str, format: Format) -> Samples {
    let body = match format {
        Format::Text => page,
        Format::OpenMetrics => page
            .strip_suffix("# EOF\n")
            .expect("the last line is # EOF"),
    };
    assert!(
        body.is_empty() || body.ends_with('\n'),
        "the last line ends"
    );
    let mut reader = Reader {
        format,
        ..Reader::default()
    };
    for line in body.lines() {
        match line.strip_prefix("# ") {
            Some(meta) => reader.meta(meta),
            None => reader.sample(line),
        }
    }
    reader.check_histograms();
    reader.samples
}

#[derive(Default)]
struct Reader {
    format: Format,
    seen: BTreeSet<String>,
    family: String,
    kind: String,
    has_samples: bool,
    samples: Samples,
    /// Name and labels without `le` of each histogram, with its buckets in order.
    buckets: BTreeMap<String, Vec<(f64, f64)>>,
}

impl Reader {
    fn meta(&mut self, meta: &str) {
        let mut words = meta.splitn(3, ' ');
        let (keyword, name, rest) = (
            words.next().unwrap(),
            words.next().unwrap(),
            words.next().expect("three words"),
        );
        assert_name(name);
        if name != self.family {
            assert!(self.seen.insert(name.to_owned()), "{name} is in two places");
            name.clone_into(&mut self.family);
            self.kind.clear();
            self.has_samples = false;
        }
        assert!(!self.has_samples, "{keyword} after a sample of {name}");
        match keyword {
            "HELP" => assert!(!rest.is_empty()),
            "TYPE" => {
                assert!(self.kind.is_empty(), "two types of {name}");
                let types: &[&str] = match self.format {
                    Format::Text => &["counter", "gauge", "histogram"],
                    Format::OpenMetrics => &["counter", "gauge", "histogram", "info"],
                };
                assert!(types.contains(&rest), "type {rest}");
                rest.clone_into(&mut self.kind);
            }
            "UNIT" => {
                assert_eq!(self.format, Format::OpenMetrics);
                assert!(
                    name.ends_with(&format!("_{rest}")),
                    "{name} has unit {rest}"
                );
            }
            other => panic!("{other}"),
        }
    }

    fn sample(&mut self, line: &str) {
        self.has_samples = true;
        let (line, exemplar) = split_exemplar(line);
        let (series, value) = line.rsplit_once(' ').expect("a value");
        let value = parse_number(value);
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (
                name,
                parse_labels(labels.strip_suffix('}').expect("a brace")),
            ),
            None => (series, Vec::new()),
        };
        assert_name(name);
        self.assert_in_family(name);
        if self.kind == "counter" || self.kind == "histogram" {
            assert!(value >= 0.0, "{line}");
        }
        let le = labels
            .iter()
            .find(|(label, _)| label == "le")
            .map(|(_, value)| parse_number(value));
        assert_eq!(le.is_some(), name.ends_with("_bucket"), "{line}");
        if let Some(le) = le {
            let others: Vec<_> = labels.iter().filter(|(label, _)| label != "le").collect();
            let buckets = self
                .buckets
                .entry(format!("{} {others:?}", self.family))
                .or_default();
            let below = buckets.last().map_or(f64::NEG_INFINITY, |(le, _)| *le);
            buckets.push((le, value));
            if let Some(exemplar) = exemplar {
                assert!(below < exemplar && exemplar <= le, "{line}");
            }
        } else {
            assert_eq!(exemplar, None, "{line}");
        }
        assert!(exemplar.is_none() || self.format == Format::OpenMetrics);
        assert_eq!(
            self.samples.insert(series.to_owned(), value),
            None,
            "{series} is there twice"
        );
    }

    fn assert_in_family(&self, name: &str) {
        let suffixes: &[&str] = match (self.kind.as_str(), self.format) {
            ("histogram", _) => &["_bucket", "_sum", "_count"],
            ("counter", Format::OpenMetrics) => &["_total"],
            ("info", Format::OpenMetrics) => &["_info"],
            ("counter" | "gauge", _) => &[""],
            other => panic!("{name} is {other:?}"),
        };
        let suffix = name
            .strip_prefix(&self.family)
            .unwrap_or_else(|| panic!("{name} in {}", self.family));
        assert!(suffixes.contains(&suffix), "{name} in {}", self.family);
    }

    fn check_histograms(&self) {
        for (histogram, buckets) in &self.buckets {
            assert!(
                buckets.is_sorted_by(|(a, _), (b, _)| a < b),
                "bounds of {histogram}"
            );
            assert!(
                buckets.is_sorted_by(|(_, a), (_, b)| a <= b),
                "counts of {histogram}"
            );
            assert_eq!(buckets.last().unwrap().0, f64::INFINITY, "{histogram}");
        }
        for (series, count) in self
            .samples
            .iter()
            .filter(|(series, _)| series.starts_with("tool_duration_count{"))
        {
            let bucket = series.replacen("_count{", "_bucket{", 1);
            let infinite = bucket.strip_suffix('}').unwrap().to_owned() + ",le=\"+Inf\"}";
            assert_eq!(self.samples.get(&infinite), Some(count), "{series}");
        }
    }
}

/// The value of an exemplar behind a sample.
fn split_exemplar(line: &str) -> (&str, Option<f64>) {
    let Some((sample, exemplar)) = line.split_once(" # {") else {
        return (line, None);
    };
    let (labels, rest) = exemplar.split_once("} ").expect("labels of an exemplar");
    let length: usize = parse_labels(labels)
        .iter()
        .map(|(label, value)| label.chars().count() + value.chars().count())
        .sum();
    assert!(length <= 128, "{line}");
    let (value, time) = rest.split_once(' ').expect("an exemplar's time");
    assert!(parse_number(time) > 0.0);
    (sample, Some(parse_number(value)))
}

fn parse_labels(text: &str) -> Vec<(String, String)> {
    let mut labels = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"").expect("a quoted value");
        assert_name(name);
        assert!(
            labels.iter().all(|(other, _)| other != name),
            "{name} is there twice"
        );
        let mut unescaped = String::new();
        let mut characters = value.char_indices();
        let end = loop {
            match characters.next().expect("an end of the value") {
                (at, '"') => break at,
                (_, '\\') => match characters.next().unwrap().1 {
                    'n' => unescaped.push('\n'),
                    escaped @ ('\\' | '"') => unescaped.push(escaped),
                    other => panic!("\\{other} is no escape"),
                },
                (_, other) => unescaped.push(other),
            }
        };
        labels.push((name.to_owned(), unescaped));
        rest = &value[end + 1..];
        if !rest.is_empty() {
            rest = rest.strip_prefix(',').expect("a comma");
            assert!(!rest.is_empty(), "a label after the comma");
        }
    }
    labels
}

fn assert_name(name: &str) {
    assert!(
        !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit()),
        "{name:?}"
    );
    assert!(
        name.chars()
            .all(|character| character.is_ascii_alphanumeric() || character == '_'),
        "{name:?}"
    );
}

fn parse_number(text: &str) -> f64 {
    match text {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        "NaN" => f64::NAN,
        _ => {
            assert!(
                text.starts_with(|first: char| first.is_ascii_digit() || first == '-'),
                "{text}"
            );
            text.parse().unwrap()
        }
    }
}
