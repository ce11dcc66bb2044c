//! `#[tool]` holds where every name it might lean on means something else, and no lint
//! fires that did not fire without it.

#![deny(
    warnings,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    unused_qualifications
)]
#![forbid(unsafe_code)]
#![expect(
    clippy::redundant_pub_crate,
    reason = "the opposite of `unreachable_pub`, which this workspace has on"
)]

mod shadowed {
    #![expect(dead_code, reason = "only their names matter")]
    pub(crate) struct Result;
    pub(crate) struct Option;
    pub(crate) struct Ok;
    pub(crate) struct Err;
    pub(crate) struct Some;
    pub(crate) struct None;
    pub(crate) struct String;
    pub(crate) struct Box;
    pub(crate) trait Drop {}
    pub(crate) trait Send {}
    pub(crate) mod core {}
    pub(crate) mod std {}
    pub(crate) mod telemetry_runtime {}
}

mod under_shadow {
    #[expect(unused_imports, reason = "nothing below may need them")]
    use super::shadowed::*;

    macro_rules! panic {
        () => {};
    }
    macro_rules! concat {
        () => {};
    }

    #[::telemetry_runtime::tool]
    pub(crate) fn plain(n: u64) -> ::core::result::Result<u64, ()> {
        panic!();
        concat!();
        if n == 0 {
            return ::core::result::Result::Err(());
        }
        ::core::result::Result::Ok(n)
    }

    #[::telemetry_runtime::tool]
    pub(crate) fn given(n: u64) -> impl ::core::future::Future<Output = u64> {
        async move { n }
    }

    #[::telemetry_runtime::tool]
    pub(crate) fn boxed(
        n: u64,
    ) -> ::core::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = u64>>> {
        ::std::boxed::Box::pin(async move { n })
    }

    pub(crate) struct Inside(pub(crate) u64);

    #[::telemetry_runtime::tool]
    impl Inside {
        pub(crate) const fn constant() -> u64 {
            1
        }

        pub(crate) fn method(&self, n: u64) -> ::core::option::Option<u64> {
            n.checked_add(Self::constant() + self.0)
        }
    }

    #[::telemetry_runtime::tool(name = "a")]
    pub(crate) async fn later(n: u64) -> ::core::result::Result<u64, ()> {
        let n = plain(n)?;
        ::core::result::Result::Ok(n)
    }
}

mod without_prelude {
    #![no_implicit_prelude]

    #[::telemetry_runtime::tool]
    pub(crate) fn plain(n: u64) -> ::core::result::Result<u64, ()> {
        let n = later_or(n)?;
        ::core::result::Result::Ok(n)
    }

    #[::telemetry_runtime::tool]
    #[track_caller]
    fn later_or(n: u64) -> ::core::result::Result<u64, ()> {
        if n == 0 {
            return ::core::result::Result::Err(());
        }
        ::core::result::Result::Ok(n)
    }

    #[::telemetry_runtime::tool]
    pub(crate) async fn later(n: u64) -> u64 {
        ::core::future::ready(n).await
    }
}

mod from_a_reexport {
    pub(crate) mod kit {
        pub(crate) use telemetry_runtime as telemetry;
    }

    #[kit::telemetry::tool(crate = kit::telemetry)]
    pub(crate) fn f(a: u64) -> u64 {
        a
    }

    #[kit::telemetry::tool(crate = self::kit::telemetry)]
    pub(crate) async fn g(a: u64) -> u64 {
        core::future::ready(a).await
    }
}

/// Names that the macro uses itself.
mod its_own_names {
    use telemetry_runtime::tool;

    /// A method for everything, with the name of a method of the macro's types.
    #[expect(dead_code, reason = "nobody calls its methods")]
    pub(crate) trait Meddles: Sized {
        fn param(self) {
            unreachable!("nobody calls this")
        }
        fn run(self) {
            unreachable!("nobody calls this")
        }
        fn add(self) {
            unreachable!("nobody calls this")
        }
    }
    impl<T> Meddles for T {}

    pub(crate) const SITE: u8 = 3;

    #[tool]
    pub(crate) fn sync(params: u8, output: u8, guard: u8, site: u8, call: u8) -> u8 {
        params + output + guard + site + call + SITE
    }

    #[tool]
    #[track_caller]
    pub(crate) fn tracked(guard: u8, params: u8) -> u8 {
        guard + params + SITE
    }

    #[tool]
    pub(crate) async fn later(output: u8, params: u8) -> u8 {
        core::future::ready(output).await + params + SITE
    }
}

mod one_line {
    use telemetry_runtime::tool;

    #[rustfmt::skip]
    mod bodies {
        use super::tool;

        #[tool]
        pub(crate) fn sync(a: u8) -> u8 { a + 1 }

        #[tool]
        pub(crate) async fn later(a: u8) -> u8 { core::future::ready(a).await }

        #[tool]
        #[track_caller]
        pub(crate) fn tracked(a: u8) -> u8 { a + 1 }
    }
    pub(crate) use bodies::{later, sync, tracked};
}

mod parameters {
    use telemetry_runtime::{Current, tool};

    #[tool(skip_all, fields(a = a + 1, text = format!("{c} of {b}")))]
    pub(crate) fn only_in_fields(a: u8, (b, c): (u8, u8), mut d: Vec<u8>) -> Vec<u8> {
        d.push(1);
        d
    }

    #[tool(parent = &from, follows_from = causes, skip_all)]
    pub(crate) async fn only_around(from: Current, causes: &[Current], rest: u8) -> u8 {
        core::future::ready(rest).await
    }

    #[tool]
    pub(crate) fn unused(_a: u8, _: u8, (_b, _): (u8, u8)) -> u8 {
        1
    }

    #[tool]
    pub(crate) fn changed(mut a: u8, (mut b, c): (u8, u8)) -> u8 {
        a += c;
        b += c;
        a + b
    }
}

#[test]
fn runs_under_shadowed_names() {
    assert_eq!(under_shadow::plain(0), Err(()));
    assert_eq!(pollster::block_on(under_shadow::later(2)), Ok(2));
    assert_eq!(pollster::block_on(under_shadow::given(2)), 2);
    assert_eq!(pollster::block_on(under_shadow::boxed(2)), 2);
    assert_eq!(under_shadow::Inside(1).method(2), Some(4));
    assert_eq!(without_prelude::plain(1), Ok(1));
    assert_eq!(pollster::block_on(without_prelude::later(1)), 1);
    assert_eq!(from_a_reexport::f(1), 1);
    assert_eq!(pollster::block_on(from_a_reexport::g(2)), 2);
    assert_eq!(its_own_names::sync(1, 2, 3, 4, 5), 18);
    assert_eq!(its_own_names::tracked(1, 2), 6);
    assert_eq!(pollster::block_on(its_own_names::later(1, 2)), 6);
    assert_eq!(one_line::sync(1), 2);
    assert_eq!(one_line::tracked(1), 2);
    assert_eq!(pollster::block_on(one_line::later(1)), 1);
    assert_eq!(parameters::unused(1, 2, (3, 4)), 1);
    assert_eq!(parameters::only_in_fields(1, (2, 3), Vec::new()), [1]);
    let here = telemetry_runtime::current();
    assert_eq!(pollster::block_on(parameters::only_around(here, &[], 3)), 3);
    assert_eq!(parameters::changed(1, (2, 3)), 9);
}
