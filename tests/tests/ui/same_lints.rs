//! Lints find what they find without the attribute: `tests/ui.rs` compares.

#![deny(warnings)]

mod bare {
    // bare
    pub fn variables(unused: u8, mut needless: u8, (both, _): (u8, u8)) -> u8 {
        let local = 1;
        needless
    }

    // bare
    pub async fn later_variables(unused: u8, mut needless: u8) -> u8 {
        needless
    }

    // bare
    #[track_caller]
    pub fn tracked_variables(unused: u8, mut needless: u8) -> u8 {
        needless
    }

    // bare
    pub fn assigned(mut a: u8) {
        a = 1;
    }

    // bare
    pub fn results() {
        "1".parse::<u8>();
    }

    // bare
    pub fn unreachable(a: u8) -> u8 {
        return a;
        drop(a);
    }

    // bare
    pub fn Named(notSnake: u8) -> u8 {
        notSnake
    }

    // bare
    pub fn needless_braces(a: u8) -> u8 {
        let b = { a };
        (b)
    }

    // bare
    #[deprecated]
    pub fn old() {}

    pub fn callers() {
        old();
        must();
    }

    // bare
    #[must_use]
    pub fn must() -> u8 {
        1
    }
}

mod tools {
    #[telemetry_runtime::tool]
    pub fn variables(unused: u8, mut needless: u8, (both, _): (u8, u8)) -> u8 {
        let local = 1;
        needless
    }

    #[telemetry_runtime::tool]
    pub async fn later_variables(unused: u8, mut needless: u8) -> u8 {
        needless
    }

    #[telemetry_runtime::tool]
    #[track_caller]
    pub fn tracked_variables(unused: u8, mut needless: u8) -> u8 {
        needless
    }

    #[telemetry_runtime::tool]
    pub fn assigned(mut a: u8) {
        a = 1;
    }

    #[telemetry_runtime::tool]
    pub fn results() {
        "1".parse::<u8>();
    }

    #[telemetry_runtime::tool]
    pub fn unreachable(a: u8) -> u8 {
        return a;
        drop(a);
    }

    #[telemetry_runtime::tool]
    pub fn Named(notSnake: u8) -> u8 {
        notSnake
    }

    #[telemetry_runtime::tool]
    pub fn needless_braces(a: u8) -> u8 {
        let b = { a };
        (b)
    }

    #[telemetry_runtime::tool]
    #[deprecated]
    pub fn old() {}

    pub fn callers() {
        old();
        must();
    }

    #[telemetry_runtime::tool]
    #[must_use]
    pub fn must() -> u8 {
        1
    }
}

fn main() {}
