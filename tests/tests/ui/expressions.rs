use telemetry_runtime::tool;

#[tool(fields(a = missing, b = a.nothing()))]
fn in_fields(a: String) -> usize {
    a.len()
}

#[tool(fields(all = a.into_bytes()))]
fn moved(a: String) -> usize {
    a.len()
}

fn main() {
    in_fields(String::new());
    moved(String::new());
}
