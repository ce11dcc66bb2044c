//! The body's faults are told as without the attribute: `tests/ui.rs` compares.

mod bare {
    use std::num::ParseIntError;

    // bare
    pub fn result(id: u64) -> u64 {
        let _ = id;
        "x"
    }

    // bare
    pub fn early(id: u64) -> u64 {
        if id > 1 {
            return "x";
        }
        id
    }

    // bare
    pub fn no_result(id: u64) -> u64 {
        drop(id);
    }

    // bare
    pub fn unwanted() {
        3
    }

    // bare
    pub fn question() {
        "1".parse::<u8>()?;
    }

    // bare
    pub fn other_error() -> Result<(), ParseIntError> {
        std::fs::read("a")?;
        Ok(())
    }

    // bare
    pub fn unknown() -> u64 {
        missing
    }

    // bare
    pub fn moved(text: String) -> String {
        drop(text);
        text
    }

    // bare
    pub fn unknown_types(a: Missing) -> Option<Absent> {
        None
    }

    // bare
    pub fn not_that() -> impl Iterator<Item = u8> {
        3
    }

    // bare
    pub fn no_such_method(a: u8) -> usize {
        a.len()
    }

    // bare
    pub fn immutable(a: u8) -> u8 {
        a += 1;
        a
    }

    // bare
    pub async fn later_result(id: u64) -> u64 {
        let _ = id;
        "x"
    }

    // bare
    pub async fn later_early(id: u64) -> Result<u64, String> {
        if id > 1 {
            return 3;
        }
        Ok(id)
    }

    // bare
    pub async fn later_no_result(id: u64) -> u64 {
        drop(id);
    }

    // bare
    pub async fn later_unwanted() {
        3
    }

    // bare
    pub async fn later_question() {
        "1".parse::<u8>()?;
    }

    // bare
    pub async fn later_other_error() -> Result<(), ParseIntError> {
        std::fs::read("a")?;
        Ok(())
    }

    // bare
    pub async fn no_future(a: u8) -> u8 {
        a.await
    }

    pub fn callers() {
        result("x");
        result();
        let _: u8 = early(1);
    }
}

mod tools {
    use std::num::ParseIntError;

    #[telemetry_runtime::tool]
    pub fn result(id: u64) -> u64 {
        let _ = id;
        "x"
    }

    #[telemetry_runtime::tool]
    pub fn early(id: u64) -> u64 {
        if id > 1 {
            return "x";
        }
        id
    }

    #[telemetry_runtime::tool]
    pub fn no_result(id: u64) -> u64 {
        drop(id);
    }

    #[telemetry_runtime::tool]
    pub fn unwanted() {
        3
    }

    #[telemetry_runtime::tool]
    pub fn question() {
        "1".parse::<u8>()?;
    }

    #[telemetry_runtime::tool]
    pub fn other_error() -> Result<(), ParseIntError> {
        std::fs::read("a")?;
        Ok(())
    }

    #[telemetry_runtime::tool]
    pub fn unknown() -> u64 {
        missing
    }

    #[telemetry_runtime::tool]
    pub fn moved(text: String) -> String {
        drop(text);
        text
    }

    #[telemetry_runtime::tool]
    pub fn unknown_types(a: Missing) -> Option<Absent> {
        None
    }

    #[telemetry_runtime::tool]
    pub fn not_that() -> impl Iterator<Item = u8> {
        3
    }

    #[telemetry_runtime::tool]
    pub fn no_such_method(a: u8) -> usize {
        a.len()
    }

    #[telemetry_runtime::tool]
    pub fn immutable(a: u8) -> u8 {
        a += 1;
        a
    }

    #[telemetry_runtime::tool]
    pub async fn later_result(id: u64) -> u64 {
        let _ = id;
        "x"
    }

    #[telemetry_runtime::tool]
    pub async fn later_early(id: u64) -> Result<u64, String> {
        if id > 1 {
            return 3;
        }
        Ok(id)
    }

    #[telemetry_runtime::tool]
    pub async fn later_no_result(id: u64) -> u64 {
        drop(id);
    }

    #[telemetry_runtime::tool]
    pub async fn later_unwanted() {
        3
    }

    #[telemetry_runtime::tool]
    pub async fn later_question() {
        "1".parse::<u8>()?;
    }

    #[telemetry_runtime::tool]
    pub async fn later_other_error() -> Result<(), ParseIntError> {
        std::fs::read("a")?;
        Ok(())
    }

    #[telemetry_runtime::tool]
    pub async fn no_future(a: u8) -> u8 {
        a.await
    }

    pub fn callers() {
        result("x");
        result();
        let _: u8 = early(1);
    }
}

fn main() {}
