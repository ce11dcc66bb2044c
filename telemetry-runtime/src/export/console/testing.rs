//! What no console may do, whatever it is given.

use telemetry_fuzz::{Inputs, Tried, fuzz};

use crate::export::Batch;

/// Whatever stands in a batch, no character of it reaches the terminal that would move its cursor, and
/// the last of `formats` is an object a line. `export` writes a batch in one of them; whether it took it.
pub(crate) fn fuzz_console<F: Copy>(
    name: &str,
    whole: &Batch,
    formats: &[F],
    export: impl Fn(F, &Batch, &mut Vec<u8>) -> bool,
) -> Tried {
    let inputs = Inputs {
        seeds: &[&whole.body],
        words: &[
            "tool.name",
            "tool.param.",
            "tool.status",
            "error.type",
            "\x0a\x00",
            "\x12\x02",
            "\u{85}",
            "\u{9b}31m",
        ],
    };
    fuzz(name, inputs, |body| {
        let batch = Batch {
            signal: whole.signal,
            lane: whole.lane,
            items: whole.items,
            body: body.to_vec(),
        };
        let shown = formats.iter().map(|format| {
            let mut text = Vec::new();
            let is_taken = export(*format, &batch, &mut text);
            let text = String::from_utf8(text).expect("text");
            let unsafe_to_show = |c: char| c.is_control() && c != '\n';
            assert!(!text.contains(unsafe_to_show), "{text:?}");
            is_taken.then_some(text)
        });
        let mut shown: Vec<_> = shown.collect();
        if let Some(json) = shown.pop().flatten() {
            for line in json.lines() {
                serde_json::from_str::<serde_json::Value>(line).expect("an object a line");
            }
        }
        let text = shown.swap_remove(0)?;
        Some((
            text.lines().count().checked_ilog2(),
            text.len().checked_ilog2(),
        ))
    })
}
