//! Secrets in running text: `password=hunter2`, `"api_key": "…"`, `Authorization: Bearer …`.

use std::borrow::Cow;

/// What stands for a secret.
pub(super) const REDACTED: &str = "[redacted]";

/// The text, with [`REDACTED`] for each value behind a key that `is_secret` says is one's. A key
/// stands before `=` or `:`, in quotes or not. A value goes to its closing quote or bracket, else to the next blank,
/// comma, semicolon or `&`; that of a header for authorization or cookies to the end of its line.
///
/// Rather too much is masked than too little: `bad token: x` loses its `x`.
pub(super) fn masked(text: &str, mut is_secret: impl FnMut(&str) -> bool) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    if !has_separator(bytes) {
        return Cow::Borrowed(text);
    }
    let (mut masked, mut copied, mut at) = (String::new(), 0, 0);
    while let Some(found) = bytes[at..]
        .iter()
        .position(|byte| matches!(byte, b'=' | b':'))
    {
        let separator = at + found;
        at = separator + 1;
        let key = key(text, separator);
        if key.is_empty() || !is_secret(key) {
            continue;
        }
        let Some((start, end)) = value(bytes, separator, key) else {
            continue;
        };
        masked.push_str(&text[copied..start]);
        masked.push_str(REDACTED);
        (copied, at) = (end, end);
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[copied..]);
    Cow::Owned(masked)
}

/// Whether there is a `=` or `:` at all, eight bytes at a time: most texts have none, and this is
/// asked where the line is written.
#[inline]
fn has_separator(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks();
    let in_words = words.iter().any(|word| {
        let word = u64::from_le_bytes(*word);
        has_zero(word ^ (EACH * u64::from(b'='))) || has_zero(word ^ (EACH * u64::from(b':')))
    });
    in_words || rest.iter().any(|byte| matches!(byte, b'=' | b':'))
}

/// 1 in each byte.
const EACH: u64 = 0x0101_0101_0101_0101;

/// Whether a byte is 0: only from that one a borrow reaches the highest bit of a byte that had it
/// not set (Mycroft, 1987).
fn has_zero(word: u64) -> bool {
    word.wrapping_sub(EACH) & !word & (EACH << 7) != 0
}

/// The word before a separator, without its quotes.
fn key(text: &str, separator: usize) -> &str {
    let before = text[..separator].trim_end_matches([' ', '"', '\'', '\\']);
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let start = before.trim_end_matches(is_part).len();
    &before[start..]
}

/// Where the value behind a separator begins and ends, without its quotes. `None` where there is
/// none.
fn value(text: &[u8], separator: usize, key: &str) -> Option<(usize, usize)> {
    // Also `==`, `=>`, `:=`; `::` is part of a path.
    let skipped = text[separator + 1..].iter();
    let skipped = skipped.take_while(|byte| matches!(byte, b' ' | b'=' | b'>'));
    let start = separator + 1 + skipped.count();
    let slashes = slashes_from(text, start);
    match text.get(start + slashes) {
        None | Some(b'\n' | b'\r' | b':' | b',' | b';' | b'&' | b')' | b']' | b'}') => None,
        Some(quote @ (b'"' | b'\'')) => {
            let start = start + slashes + 1;
            Some((start, quoted(text, start, *quote, slashes)))
        }
        Some(_) => Some((start, plain(text, start, is_header(key)))),
    }
}

/// What such a header says has blanks and commas of its own.
fn is_header(key: &str) -> bool {
    let ends = |name: &str| {
        let at = key.len().checked_sub(name.len());
        at.and_then(|at| key.get(at..))
            .is_some_and(|end| end.eq_ignore_ascii_case(name))
    };
    ends("authorization") || ends("cookie")
}

/// The end of what a quote behind so many backslashes began: another behind as many. A text within
/// a text has them: `{\"a\":\"b\"}`.
fn quoted(text: &[u8], start: usize, quote: u8, slashes: usize) -> usize {
    let mut at = start;
    while at < text.len() {
        let here = slashes_from(text, at);
        at += here;
        if text.get(at) == Some(&quote)
            && here
                .checked_sub(slashes)
                .is_some_and(|more| more % (2 * (slashes + 1)) == 0)
        {
            return at - slashes;
        }
        at += 1;
    }
    text.len()
}

/// The end of what stands without quotes: brackets in it are taken whole, `Some("…")`, `Key { … }`.
fn plain(text: &[u8], start: usize, is_header: bool) -> usize {
    let (mut depth, mut at) = (0_usize, start);
    while at < text.len() {
        match text[at] {
            quote @ (b'"' | b'\'') => {
                let slashes = text[..at]
                    .iter()
                    .rev()
                    .take_while(|byte| **byte == b'\\')
                    .count();
                // `b"…"` is a value; elsewhere a quote ends what it does not stand in.
                let word = at - slashes - start;
                if depth == 0 && (word > 2 || is_header) {
                    return at - slashes;
                }
                at = quoted(text, at + 1, quote, slashes) + slashes;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => return at,
            b')' | b']' | b'}' => depth -= 1,
            b'\n' | b'\r' if depth == 0 => return at,
            b' ' if depth == 0 && !is_header => {
                let next = text[at..].iter().position(|byte| *byte != b' ');
                let goes_on = match next.and_then(|next| text.get(at + next)) {
                    // `Key { … }`
                    Some(b'{') => true,
                    _ => is_scheme(&text[start..at]),
                };
                if !goes_on {
                    return at;
                }
            }
            b'\t' | b',' | b';' | b'&' if depth == 0 && !is_header => return at,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// `Bearer …`
fn is_scheme(word: &[u8]) -> bool {
    [&b"bearer"[..], b"basic", b"token"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

fn slashes_from(text: &[u8], at: usize) -> usize {
    text[at..].iter().take_while(|byte| **byte == b'\\').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRETS: [&str; 5] = ["password", "token", "api_key", "authorization", "cookie"];

    fn mask(text: &str) -> String {
        masked(text, |key| {
            let key = key.to_ascii_lowercase().replace('-', "_");
            SECRETS
                .iter()
                .any(|secret| key.split('.').any(|word| word == *secret))
        })
        .into_owned()
    }

    #[test]
    fn values_of_secret_keys_are_masked() {
        for (text, expected) in [
            ("password=hunter2", "password=[redacted]"),
            (
                "login failed, password: hunter2, user: me",
                "login failed, password: [redacted], user: me",
            ),
            (
                "GET /a?api_key=abc&page=2 HTTP/1.1",
                "GET /a?api_key=[redacted]&page=2 HTTP/1.1",
            ),
            (
                r#"{"user":"me","password":"a \"b\" c","n":1}"#,
                r#"{"user":"me","password":"[redacted]","n":1}"#,
            ),
            (r#"{"password" : 1234}"#, r#"{"password" : [redacted]}"#),
            (
                r#"{"token": {"a": "b", "c": [1]}, "n": 1}"#,
                r#"{"token": [redacted], "n": 1}"#,
            ),
            (
                r#""{\"password\":\"x\\\"y\",\"n\":1}""#,
                r#""{\"password\":\"[redacted]\",\"n\":1}""#,
            ),
            (
                r#"Login { user: "me", password: Some("x, y"), n: 1 }"#,
                r#"Login { user: "me", password: [redacted], n: 1 }"#,
            ),
            (
                r#"Login { token: Secret { inner: "x" }, n: 1 }"#,
                "Login { token: [redacted], n: 1 }",
            ),
            (r#"password: b"\x01\"x" end"#, "password: [redacted] end"),
            ("password='a b' end", "password='[redacted]' end"),
            ("token => abc end", "token => [redacted] end"),
            ("token: Bearer abc end", "token: [redacted] end"),
            (
                "Authorization: AWS4 Credential=a, Signature=b\nHost: x",
                "Authorization: [redacted]\nHost: x",
            ),
            (
                r#"curl -H "Authorization: Bearer abc" https://x"#,
                r#"curl -H "Authorization: [redacted]" https://x"#,
            ),
            ("cookie: a=b; c=d", "cookie: [redacted]"),
            ("db.password=x", "db.password=[redacted]"),
            (
                "password=x password=y",
                "password=[redacted] password=[redacted]",
            ),
            ("password=[redacted]", "password=[redacted]"),
            ("password=ünïcode end", "password=[redacted] end"),
            // Not closed: to the end.
            (r#"password: "x y"#, r#"password: "[redacted]"#),
            ("password: (a b", "password: [redacted]"),
        ] {
            assert_eq!(mask(text), expected, "{text}");
        }
    }

    #[test]
    fn everything_else_stays() {
        for text in [
            "",
            "=",
            ":",
            "nothing",
            "max_tokens=5",
            "token::Kind of password",
            "password=",
            "password: ",
            "password:\nnext",
            "(password:)",
            "ratio: 0.5, place=\"here\"",
            "http://user@host:80/path?a=b",
        ] {
            assert!(
                matches!(masked(text, |key| SECRETS.contains(&key)), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
    }

    #[test]
    fn a_separator_is_found_at_any_place() {
        for length in 0..40 {
            let text = vec![b'x'; length];
            assert!(!has_separator(&text), "{length}");
            for at in 0..length {
                for byte in 0..=255 {
                    let mut text = text.clone();
                    text[at] = byte;
                    assert_eq!(
                        has_separator(&text),
                        matches!(byte, b'=' | b':'),
                        "{at} {byte}"
                    );
                }
            }
        }
    }

    #[test]
    fn no_text_is_too_odd() {
        let parts = [
            "password", "=", ":", "\"", "'", "\\", "{", "}", "(", " ", ",", "\n", "ü", "b\"",
            "Bearer ",
        ];
        let mut random = 1_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                text.push_str(parts[(random >> 33) as usize % parts.len()]);
            }
            let once = mask(&text);
            assert!(
                once.len() <= text.len() + 10 * text.matches("password").count(),
                "{text:?}"
            );
        }
    }
}
