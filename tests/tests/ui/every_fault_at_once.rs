use telemetry_runtime::tool;

#[tool("fetch", name = "a", name = "b", nmae = 3, skip(ulr, url, url), skip_all = true, crate = "telemetry")]
const fn fetch(url: &str) -> usize {
    url.len()
}

#[tool(name = "", level = "inof", drift = no, skip, skip(self))]
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

#[tool(only(a, a), skip(a), redact(a), redact(b), kind = "sever", threshold_ms = 0, sample = 2)]
fn choices(a: u8) -> u8 {
    a
}

#[tool(only(a), skip(b), skip_all, threshold_ms = "5", sample = "x", kind = server)]
fn more_choices(a: u8, b: u8) -> u8 {
    a + b
}

#[tool(fields(tool.name = 1, a = a, "a" = 2, "" = 3), fields())]
fn fields(a: u8) -> u8 {
    a
}

#[tool(fields(b))]
fn half_a_field(a: u8) -> u8 {
    a
}

#[tool(ret, error_if = |_| true, err(Debug, Display))]
fn never() -> ! {
    std::process::exit(0)
}

#[tool(objective(success = 120, latncy_ms = 3, quantile = 0.99, success = 99), level = "loud", drift)]
fn promises() {}

#[tool(objective(latency_ms = -1, quantile = 99), objective(success), objective())]
fn more_promises() {}

#[tool(objective(quantile = 99), level = info, kind = "Client")]
fn half_a_promise() {}

#[tool(ret = 1, ok_if)]
#[track_caller]
fn tracked() {}

#[tool(ret)]
#[track_caller]
fn unseen() {}

fn main() {
    promises();
    more_promises();
    half_a_promise();
    tracked();
    unseen();
    choices(1);
    more_choices(1, 2);
    fields(1);
    half_a_field(1);
    fetch("a");
    empty();
    wrong_values(1);
    commas(1);
    contradicts(1);
    never();
}
