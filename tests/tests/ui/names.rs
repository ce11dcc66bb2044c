use telemetry_runtime::tool;

#[tool(name = "say \"hello\"")]
fn quotes() {}

#[tool(name = "C:\\temp")]
fn backslash() {}

#[tool(name = "rag_*")]
fn pattern() {}

#[tool(name = "_other")]
fn taken() {}

#[tool(name = "a\tb")]
fn control() {}

#[tool(name = "a\u{202e}b")]
fn turned() {}

#[tool(name = "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890")]
fn long() {}

#[tool(name = " padded")]
mod inside {
    #[telemetry_runtime::tool(name = "")]
    pub fn empty() {}
}

// These are good: what people write, what a type's path is, other scripts.
#[tool(name = "cache.get")]
fn dots() {}

#[tool(name = "Store::get<T> (v2), größer & 検索")]
fn strange() {}

fn main() {
    quotes();
    backslash();
    pattern();
    taken();
    control();
    turned();
    long();
    inside::empty();
    dots();
    strange();
}
