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

    // bare
    fn never_called() {}

    // bare
    pub fn needless_unsafe() -> u8 {
        unsafe { 3 }
    }

    // bare
    pub fn imports() {
        use std::fmt;
        'label: loop {
            break;
        }
    }

    // bare
    pub fn statements(a: u8) -> u8 {
        a;
        a == 1;
        if (a == 2) {
            return 1;
        };;
        a
    }

    // bare
    pub fn comparison(a: u8) -> bool {
        a >= 0
    }

    // bare
    pub fn overwritten() -> u8 {
        let mut b = 1;
        b = 2;
        b
    }

    // bare
    pub fn lifetimes(a: &u8) -> std::slice::Iter<u8> {
        std::slice::from_ref(a).iter()
    }

    // bare
    pub extern "C" fn foreign(a: String) {
        drop(a);
    }

    // bare
    pub async fn later_statements(a: u8) -> u8 {
        std::future::ready(a);
        a == 1;
        a
    }

    // bare
    pub fn given(unused: u8, mut needless: u8) -> impl Future<Output = u8> {
        std::future::ready(needless)
    }

    pub struct Inside;

    // bare
    impl Inside {
        pub fn method(&self, unused: u8) {}

        fn never_called_either(&self) {}
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

    #[telemetry_runtime::tool]
    fn never_called() {}

    #[telemetry_runtime::tool]
    pub fn needless_unsafe() -> u8 {
        unsafe { 3 }
    }

    #[telemetry_runtime::tool]
    pub fn imports() {
        use std::fmt;
        'label: loop {
            break;
        }
    }

    #[telemetry_runtime::tool]
    pub fn statements(a: u8) -> u8 {
        a;
        a == 1;
        if (a == 2) {
            return 1;
        };;
        a
    }

    #[telemetry_runtime::tool]
    pub fn comparison(a: u8) -> bool {
        a >= 0
    }

    #[telemetry_runtime::tool]
    pub fn overwritten() -> u8 {
        let mut b = 1;
        b = 2;
        b
    }

    #[telemetry_runtime::tool]
    pub fn lifetimes(a: &u8) -> std::slice::Iter<u8> {
        std::slice::from_ref(a).iter()
    }

    #[telemetry_runtime::tool]
    pub extern "C" fn foreign(a: String) {
        drop(a);
    }

    #[telemetry_runtime::tool]
    pub async fn later_statements(a: u8) -> u8 {
        std::future::ready(a);
        a == 1;
        a
    }

    #[telemetry_runtime::tool]
    pub fn given(unused: u8, mut needless: u8) -> impl Future<Output = u8> {
        std::future::ready(needless)
    }

    pub struct Inside;

    #[telemetry_runtime::tool]
    impl Inside {
        pub fn method(&self, unused: u8) {}

        fn never_called_either(&self) {}
    }
}

fn main() {}
