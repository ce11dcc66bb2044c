//! Lints of clippy's on annotated functions. `cargo clippy` is the test: an `#[expect]` of a lint that does not
//! fire is a warning, and so is a lint that fires where none is expected.
//!
//! `kept` go on firing in a function with the attribute. `lost` fire without it and not with it: no
//! wrapper can keep them, and the attribute's documentation lists them (`the_list_is_the_documented_one`).

#![warn(clippy::pedantic, clippy::nursery)]
#![expect(dead_code, reason = "clippy reads them, nobody runs them")]
#![expect(
    clippy::redundant_pub_crate,
    reason = "the opposite of `unreachable_pub`, which this workspace has on"
)]

mod kept {
    #[expect(clippy::let_and_return, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn let_and_return(a: u8) -> u8 {
        let b = a + 1;
        b
    }

    #[expect(clippy::clone_on_copy, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn clone_on_copy(a: u8) -> u8 {
        a.clone()
    }

    #[expect(clippy::len_zero, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn len_zero(a: &[u8]) -> bool {
        a.len() == 0
    }

    #[expect(clippy::bool_comparison, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn bool_comparison(a: bool) -> bool {
        a == true
    }

    #[expect(clippy::redundant_closure, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn redundant_closure(a: Option<&str>) -> Option<String> {
        a.map(|it| String::from(it))
    }

    #[expect(clippy::single_match, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn single_match(a: Option<u8>, into: &mut Vec<u8>) {
        match a {
            Some(a) => into.push(a),
            _ => {}
        }
    }

    #[expect(clippy::identity_op, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn identity_op(a: u8) -> u8 {
        a + 0
    }

    #[expect(clippy::manual_range_contains, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn manual_range_contains(a: u8) -> bool {
        a >= 3 && a < 9
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "it fires with the attribute"
    )]
    #[telemetry_runtime::tool]
    pub(crate) fn cast_possible_truncation(a: u64) -> u8 {
        a as u8
    }

    #[expect(clippy::float_cmp, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn float_cmp(a: f64) -> bool {
        a == 0.3
    }

    #[expect(clippy::unreadable_literal, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn unreadable_literal() -> u64 {
        12345678
    }

    #[expect(clippy::uninlined_format_args, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn uninlined_format_args(a: u8) -> String {
        format!("{}", a)
    }

    #[expect(
        clippy::semicolon_if_nothing_returned,
        reason = "it fires with the attribute"
    )]
    #[telemetry_runtime::tool]
    pub(crate) fn semicolon_if_nothing_returned(a: &mut Vec<u8>) {
        a.push(1)
    }

    #[expect(clippy::unwrap_used, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn unwrap_used(a: Option<u8>) -> u8 {
        a.unwrap()
    }

    #[expect(clippy::or_fun_call, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn or_fun_call(a: Option<String>) -> String {
        a.unwrap_or(String::from("a"))
    }

    #[expect(clippy::redundant_clone, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn redundant_clone() -> String {
        let a = String::from("a");
        a.clone()
    }

    #[expect(clippy::too_many_arguments, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn too_many_arguments(
        a: u8,
        b: u8,
        c: u8,
        dd: u8,
        ee: u8,
        ff: u8,
        gg: u8,
        hh: u8,
    ) -> u8 {
        a + b + c + dd + ee + ff + gg + hh
    }

    #[expect(
        clippy::fn_params_excessive_bools,
        reason = "it fires with the attribute"
    )]
    #[telemetry_runtime::tool]
    pub(crate) fn fn_params_excessive_bools(a: bool, b: bool, c: bool, d: bool) -> bool {
        a || b || c || d
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "it fires with the attribute"
    )]
    #[telemetry_runtime::tool]
    pub(crate) fn trivially_copy_pass_by_ref(a: &u8) -> u8 {
        *a + 1
    }

    #[expect(clippy::type_complexity, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn type_complexity(
        a: Vec<Box<dyn Fn(Vec<Option<Box<(u8, u16)>>>) -> Result<Option<Box<u8>>, String>>>,
    ) -> usize {
        a.len()
    }

    #[expect(
        clippy::needless_pass_by_ref_mut,
        reason = "it fires with the attribute"
    )]
    #[telemetry_runtime::tool]
    fn needless_pass_by_ref_mut(a: &mut Vec<u8>) -> usize {
        a.len()
    }

    #[expect(clippy::future_not_send, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) async fn future_not_send(a: std::rc::Rc<u8>) -> u8 {
        std::future::ready(()).await;
        *a
    }

    #[expect(clippy::too_many_lines, reason = "it fires with the attribute")]
    #[telemetry_runtime::tool]
    pub(crate) fn too_many_lines(a: u64) -> u64 {
        let mut b = a;
        b += a * 2;
        b += a * 3;
        b += a * 4;
        b += a * 5;
        b += a * 6;
        b += a * 7;
        b += a * 8;
        b += a * 9;
        b += a * 10;
        b += a * 11;
        b += a * 12;
        b += a * 13;
        b += a * 14;
        b += a * 15;
        b += a * 16;
        b += a * 17;
        b += a * 18;
        b += a * 19;
        b += a * 20;
        b += a * 21;
        b += a * 22;
        b += a * 23;
        b += a * 24;
        b += a * 25;
        b += a * 26;
        b += a * 27;
        b += a * 28;
        b += a * 29;
        b += a * 30;
        b += a * 31;
        b += a * 32;
        b += a * 33;
        b += a * 34;
        b += a * 35;
        b += a * 36;
        b += a * 37;
        b += a * 38;
        b += a * 39;
        b += a * 40;
        b += a * 41;
        b += a * 42;
        b += a * 43;
        b += a * 44;
        b += a * 45;
        b += a * 46;
        b += a * 47;
        b += a * 48;
        b += a * 49;
        b += a * 50;
        b += a * 51;
        b += a * 52;
        b += a * 53;
        b += a * 54;
        b += a * 55;
        b += a * 56;
        b += a * 57;
        b += a * 58;
        b += a * 59;
        b += a * 60;
        b += a * 61;
        b += a * 62;
        b += a * 63;
        b += a * 64;
        b += a * 65;
        b += a * 66;
        b += a * 67;
        b += a * 68;
        b += a * 69;
        b += a * 70;
        b += a * 71;
        b += a * 72;
        b += a * 73;
        b += a * 74;
        b += a * 75;
        b += a * 76;
        b += a * 77;
        b += a * 78;
        b += a * 79;
        b += a * 80;
        b += a * 81;
        b += a * 82;
        b += a * 83;
        b += a * 84;
        b += a * 85;
        b += a * 86;
        b += a * 87;
        b += a * 88;
        b += a * 89;
        b += a * 90;
        b += a * 91;
        b += a * 92;
        b += a * 93;
        b += a * 94;
        b += a * 95;
        b += a * 96;
        b += a * 97;
        b += a * 98;
        b += a * 99;
        b += a * 100;
        b += a * 101;
        b += a * 102;
        b += a * 103;
        b += a * 104;
        b += a * 105;
        b += a * 106;
        b += a * 107;
        b += a * 108;
        b += a * 109;
        b
    }
}

mod lost {
    mod bare {
        #[expect(
            clippy::needless_return,
            clippy::missing_const_for_fn,
            reason = "it fires without the attribute"
        )]
        pub(crate) fn needless_return(a: u8) -> u8 {
            return a;
        }

        #[expect(
            clippy::ptr_arg,
            clippy::missing_const_for_fn,
            reason = "it fires without the attribute"
        )]
        pub(crate) fn ptr_arg(a: &Vec<u8>) -> usize {
            a.len()
        }

        #[expect(clippy::needless_lifetimes, reason = "it fires without the attribute")]
        pub(crate) fn needless_lifetimes<'a>(a: &'a str) -> &'a str {
            a.trim()
        }

        #[expect(
            clippy::needless_pass_by_value,
            reason = "it fires without the attribute"
        )]
        pub(crate) fn needless_pass_by_value(a: String) -> usize {
            a.len()
        }

        #[expect(
            clippy::unnecessary_wraps,
            clippy::missing_const_for_fn,
            reason = "it fires without the attribute"
        )]
        fn unnecessary_wraps(a: u8) -> Option<u8> {
            Some(a)
        }

        #[expect(
            clippy::missing_const_for_fn,
            reason = "it fires without the attribute"
        )]
        pub(crate) fn missing_const_for_fn(a: u8) -> u8 {
            a
        }

        #[expect(clippy::unused_async, reason = "it fires without the attribute")]
        pub(crate) async fn unused_async(a: u8) -> u8 {
            a
        }

        #[expect(
            clippy::only_used_in_recursion,
            reason = "it fires without the attribute"
        )]
        pub(crate) fn only_used_in_recursion(a: u8, b: u8) -> u8 {
            if a == 0 {
                0
            } else {
                only_used_in_recursion(a - 1, b)
            }
        }
    }

    mod tools {
        #[telemetry_runtime::tool]
        pub(crate) fn needless_return(a: u8) -> u8 {
            return a;
        }

        #[telemetry_runtime::tool]
        pub(crate) fn ptr_arg(a: &Vec<u8>) -> usize {
            a.len()
        }

        #[telemetry_runtime::tool]
        pub(crate) fn needless_lifetimes<'a>(a: &'a str) -> &'a str {
            a.trim()
        }

        #[telemetry_runtime::tool]
        pub(crate) fn needless_pass_by_value(a: String) -> usize {
            a.len()
        }

        #[telemetry_runtime::tool]
        fn unnecessary_wraps(a: u8) -> Option<u8> {
            Some(a)
        }

        #[telemetry_runtime::tool]
        pub(crate) fn missing_const_for_fn(a: u8) -> u8 {
            a
        }

        #[telemetry_runtime::tool]
        pub(crate) async fn unused_async(a: u8) -> u8 {
            a
        }

        #[telemetry_runtime::tool]
        pub(crate) fn only_used_in_recursion(a: u8, b: u8) -> u8 {
            if a == 0 {
                0
            } else {
                only_used_in_recursion(a - 1, b)
            }
        }
    }
}

/// The lints of `lost` are those that the attribute's documentation names.
#[test]
fn the_list_is_the_documented_one() {
    let here = include_str!("clippy_lints.rs");
    let (_, lost) = here.split_once("\nmod lost {").expect("the module");
    let (bare, _) = lost.split_once("    mod tools {").expect("the module");
    let (_, documented) = include_str!("../../telemetry-macros/src/lib.rs")
        .split_once("/// # What it cannot keep\n")
        .expect("the section");
    let (documented, _) = documented.split_once("/// # ").expect("the next section");
    let lints = bare.split("clippy::").skip(1);
    let names = lints.map(|rest| rest.split([',', ')', '\n']).next().unwrap_or(rest));
    let mut count = 0;
    for name in names {
        assert!(documented.contains(&format!("`{name}`")), "{name}");
        count += 1;
    }
    assert!(count >= 8, "{count}");
}
