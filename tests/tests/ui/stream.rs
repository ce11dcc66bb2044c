use futures_util::stream::{self, Empty, Stream};
use telemetry_runtime::tool;

#[tool(stream)]
fn of_its_own_type() -> Empty<u8> {
    stream::empty()
}

#[tool(stream)]
async fn is_a_future() {}

#[tool(stream, future)]
fn both() {}

#[tool(ret)]
fn has_no_value() -> impl Stream<Item = u8> {
    stream::empty()
}

#[tool(error_if = |item| item.is_empty())]
fn wrong_item() -> impl Stream<Item = u8> {
    stream::empty()
}

fn main() {
    let _ = (of_its_own_type(), is_a_future(), has_no_value(), wrong_item());
    both();
}
