use telemetry_runtime::tool;

#[tool(fields(a = missing, b = a.nothing()))]
fn in_fields(a: String) -> usize {
    a.len()
}

#[tool(fields(all = a.into_bytes()))]
fn moved(a: String) -> usize {
    a.len()
}

#[tool(error_if = a > 1, error_type = |error| error.nothing())]
fn sees_no_parameters(a: u8) -> Result<u8, String> {
    Ok(a)
}

#[tool(error_type = |_| "x")]
fn gives_no_result(a: u8) -> u8 {
    a
}

#[tool(parent = &a)]
fn no_span(a: u8) -> u8 {
    a
}

fn main() {
    no_span(1);
    let _ = (sees_no_parameters(1), gives_no_result(1));
    in_fields(String::new());
    moved(String::new());
}
