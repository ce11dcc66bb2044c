use telemetry_runtime::tool;

#[tool("fetch", name = "a", name = "b", nmae = 3, skip(ulr, url, url), skip_all = true, crate = "telemetry")]
const fn fetch(url: &str) -> usize {
    url.len()
}

#[tool(name = "", threshold_ms = 5, skip, skip(self))]
fn empty() {}

#[tool(name = fetch, skip_all, skip(), name = " padded ")]
fn wrong_values(a: u8) -> u8 {
    a
}

#[tool(name = "a", , skip(a) only(b))]
fn commas(a: u8) -> u8 {
    a
}

#[tool(name = "two\nlines", skip(a), skip_all)]
fn contradicts(a: u8) -> u8 {
    a
}

fn main() {
    fetch("a");
    empty();
    wrong_values(1);
    commas(1);
    contradicts(1);
}
