//! The runtime under another name in the manifest, and as another library exports it.

#![deny(warnings)]
#![forbid(unsafe_code)]

use std::fmt;

use kit::testing::capture;
use pollster::block_on;

#[kit::tool(crate = kit, ret)]
fn renamed(a: u8) -> Result<u8, fmt::Error> {
    a.checked_sub(1).ok_or(fmt::Error)
}

#[kit::tool(crate = ::kit, skip_all)]
async fn renamed_later(a: u8) -> u8 {
    a
}

mod by_another {
    pub(crate) use telemetry_tests_renamed::telemetry;

    #[telemetry::tool(crate = telemetry_tests_renamed::telemetry)]
    pub(crate) fn exported_again(a: u8) -> u8 {
        a
    }

    pub(crate) struct Inside;

    #[telemetry::tool(crate = telemetry)]
    impl Inside {
        pub(crate) async fn method(&self, a: u8) -> u8 {
            a
        }
    }
}

#[test]
fn it_is_the_same_runtime() {
    let calls = capture();
    assert!(renamed(0).is_err());
    assert_eq!(block_on(renamed_later(1)), 1);
    assert_eq!(by_another::exported_again(1), 1);
    assert_eq!(block_on(by_another::Inside.method(1)), 1);
    let told: Vec<_> = calls.all().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "renamed(a=0) error fmt::Error: an error occurred when formatting an argument",
            "renamed_later() success",
            "exported_again(a=1) success",
            "Inside::method(a=1) success",
        ]
    );
}
