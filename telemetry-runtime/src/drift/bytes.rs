//! A baseline as bytes: versioned and compact, for stores.
//!
//! A version, then the fields in order; integers as LEB128 (seven bits a byte, the lowest first),
//! floats as four little-endian bytes, the histogram's buckets as distances from one in use to the
//! next.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use super::baseline::Inflation;
use super::histogram::BUCKETS;
use super::{Baseline, Histogram, SeasonProfile};

const VERSION: u64 = 1;
/// More than there are templates or phases, now or later.
const LONGEST_LIST: u64 = 4096;

/// Bytes that are no baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    at: usize,
    why: String,
}

impl DecodeError {
    /// Written by a newer release, whose form this one does not know.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        self.why.starts_with(NEWER)
    }
}

const NEWER: &str = "version ";

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no baseline: {} at byte {}", self.why, self.at)
    }
}

impl std::error::Error for DecodeError {}

impl Baseline {
    /// Its compact form: a few hundred bytes. Later releases read it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, VERSION);
        let updated = self.updated_at.duration_since(UNIX_EPOCH);
        put_duration(&mut out, updated.unwrap_or_default());
        for number in [self.calls, self.errors, self.counted] {
            put(&mut out, number);
        }
        put_duration(&mut out, self.watched);
        put(&mut out, self.durations.buckets().count() as u64);
        let mut next = 0;
        for (bucket, count) in self.durations.buckets() {
            put(&mut out, u64::from(bucket - next));
            put(&mut out, u64::from(count));
            next = bucket;
        }
        put(&mut out, self.inflation.calls);
        put_floats(&mut out, &self.inflation.ratios);
        match &self.season {
            None => put(&mut out, 0),
            Some(season) => {
                put(&mut out, 1);
                put_duration(&mut out, season.period);
                put(&mut out, season.calls);
                put_floats(&mut out, &season.offsets);
            }
        }
        out
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    ///
    /// The bytes are cut off, changed, or of a newer release; the error says what is wrong and at
    /// which byte. Nothing that is read can make a detector fail later.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut from = Reader { bytes, at: 0 };
        let version = from.number()?;
        if version != VERSION {
            return Err(from.error(format!(
                "{NEWER}{version}, where {VERSION} is the newest known"
            )));
        }
        let updated = from.duration()?;
        let updated_at = UNIX_EPOCH
            .checked_add(updated)
            .ok_or_else(|| from.error("a moment out of range"))?;
        let (calls, errors, counted) = (from.number()?, from.number()?, from.number()?);
        if errors > calls {
            return Err(from.error("more errors than calls"));
        }
        let baseline = Self {
            updated_at,
            calls,
            errors,
            counted,
            watched: from.duration()?,
            durations: from.histogram()?,
            inflation: Inflation {
                calls: from.number()?,
                ratios: from.floats(1.0, 1e6)?,
            },
            season: from.season()?,
        };
        if from.at != bytes.len() {
            return Err(from.error("more bytes than a baseline has"));
        }
        Ok(baseline)
    }
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_duration(out: &mut Vec<u8>, duration: Duration) {
    put(out, duration.as_secs());
    put(out, u64::from(duration.subsec_nanos()));
}

fn put_floats(out: &mut Vec<u8>, floats: &[f32]) {
    put(out, floats.len() as u64);
    for float in floats {
        out.extend(float.to_le_bytes());
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn error(&self, why: impl Into<String>) -> DecodeError {
        DecodeError {
            at: self.at,
            why: why.into(),
        }
    }

    fn number(&mut self) -> Result<u64, DecodeError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self
                .bytes
                .get(self.at)
                .ok_or_else(|| self.error("the end"))?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            self.at += 1;
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(self.error("a number over 64 bits"))
    }

    fn duration(&mut self) -> Result<Duration, DecodeError> {
        let (seconds, nanos) = (self.number()?, self.number()?);
        match u32::try_from(nanos) {
            Ok(nanos) if nanos < 1_000_000_000 => Ok(Duration::new(seconds, nanos)),
            _ => Err(self.error("a second or more of nanoseconds")),
        }
    }

    fn length(&mut self, most: u64) -> Result<u64, DecodeError> {
        match self.number()? {
            length if length <= most => Ok(length),
            length => Err(self.error(format!("a list of {length}, where {most} is the most"))),
        }
    }

    fn histogram(&mut self) -> Result<Histogram, DecodeError> {
        let mut histogram = Histogram::default();
        let mut bucket = 0_u64;
        for place in 0..self.length(BUCKETS as u64)? {
            let distance = self.number()?;
            bucket = bucket.saturating_add(distance);
            let count = u32::try_from(self.number()?).unwrap_or(0);
            if bucket >= BUCKETS as u64 || count == 0 || (place > 0 && distance == 0) {
                return Err(self.error("a bucket that cannot be"));
            }
            histogram.add_bucket(bucket as u16, count);
        }
        Ok(histogram)
    }

    fn floats(&mut self, min: f32, max: f32) -> Result<Vec<f32>, DecodeError> {
        let length = self.length(LONGEST_LIST)?;
        (0..length).map(|_| self.float(min, max)).collect()
    }

    fn float(&mut self, min: f32, max: f32) -> Result<f32, DecodeError> {
        let bytes = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk);
        let float = f32::from_le_bytes(*bytes.ok_or_else(|| self.error("the end"))?);
        if !(min..=max).contains(&float) {
            return Err(self.error(format!("{float}, which is not from {min} to {max}")));
        }
        self.at += 4;
        Ok(float)
    }

    fn season(&mut self) -> Result<Option<SeasonProfile>, DecodeError> {
        if self.length(1)? == 0 {
            return Ok(None);
        }
        let period = self.duration()?;
        let calls = self.number()?;
        let reach = BUCKETS as f32;
        let offsets = self.floats(-reach, reach)?;
        if period.is_zero() || offsets.is_empty() {
            return Err(self.error("a season without a period or phases"));
        }
        Ok(Some(SeasonProfile {
            period,
            offsets,
            calls,
        }))
    }
}

#[cfg(test)]
mod tests {
    use telemetry_fuzz::{Inputs, fuzz};

    use super::*;

    fn baseline(seed: u64) -> Baseline {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut baseline = Baseline {
            calls: random.u64(..),
            counted: random.u64(..),
            watched: Duration::from_nanos(random.u64(..)),
            updated_at: UNIX_EPOCH + Duration::from_nanos(random.u64(..)),
            ..Baseline::default()
        };
        baseline.errors = random.u64(..=baseline.calls);
        for _ in 0..random.usize(..300) {
            baseline.durations.add(
                random.u64(..) >> random.u32(..64),
                random.u32(1..) >> random.u32(..31),
            );
        }
        baseline.inflation.ratios = (0..random.usize(..30))
            .map(|_| 1.0 + random.f32())
            .collect();
        if random.bool() {
            baseline.season = Some(SeasonProfile {
                period: Duration::from_secs(86_400),
                offsets: (0..48).map(|_| random.f32()).collect(),
                calls: random.u64(..),
            });
        }
        baseline
    }

    #[test]
    fn what_is_written_is_read() {
        for seed in 0..300 {
            let baseline = baseline(seed);
            assert_eq!(Baseline::from_bytes(&baseline.to_bytes()), Ok(baseline));
        }
    }

    #[test]
    fn no_end_is_early_enough() {
        let bytes = baseline(1).to_bytes();
        for end in 0..bytes.len() {
            assert!(Baseline::from_bytes(&bytes[..end]).is_err(), "{end} bytes");
        }
    }

    #[test]
    fn fuzz_baselines() {
        let whole: Vec<_> = (0..20).map(|seed| baseline(seed).to_bytes()).collect();
        let whole: Vec<&[u8]> = whole.iter().map(Vec::as_slice).collect();
        let inputs = Inputs {
            seeds: &whole,
            words: &[],
        };
        let mut read = 0;
        let tried = fuzz("baseline", inputs, |bytes| {
            Baseline::from_bytes(bytes)
                .map(|baseline| {
                    read += 1;
                    assert_eq!(Baseline::from_bytes(&baseline.to_bytes()), Ok(baseline));
                })
                .map_err(|error| error.why)
        });
        assert!(read > 30, "some changes only change a count: {tried}");
    }

    #[test]
    fn a_newer_version_is_named() {
        let error = Baseline::from_bytes(&[9]).unwrap_err();
        assert!(error.is_newer());
        assert_eq!(
            error.to_string(),
            "no baseline: version 9, where 1 is the newest known at byte 1"
        );
    }
}
