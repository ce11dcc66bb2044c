//! What the macro writes, as text under review.

use proc_macro2::TokenStream;
use quote::quote;

use crate::expand::tool;

fn expanded(args: TokenStream, item: TokenStream) -> String {
    let tokens = tool(args, item);
    match syn::parse2(tokens.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        Err(_) => tokens.to_string(),
    }
}

/// A signature counts as one, however it is broken.
fn lines(text: &str) -> usize {
    let is_signature = |line: &&str| !line.ends_with('{');
    text.lines().skip_while(is_signature).count()
}

#[test]
fn two_parameters() {
    let text = expanded(quote!(), quote! { fn add(a: u64, b: u64) -> u64 { a + b } });
    assert!(lines(&text) <= 20, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn an_async_method() {
    let text = expanded(
        quote!(name = "fetch_page"),
        quote! { pub async fn fetch(&self, id: u64, deep: bool) -> Result<u64, Error> { self.get(id).await } },
    );
    assert!(lines(&text) <= 20, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_future_by_its_type() {
    let text = expanded(
        quote!(),
        quote! { fn fetch(id: u64, deep: bool) -> impl Future<Output = Result<impl Sized, Error>> { get(id) } },
    );
    assert!(lines(&text) <= 20, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_future_in_a_box() {
    let text = expanded(
        quote!(future),
        quote! { fn fetch(&self, id: u64, deep: bool) -> Later<'_, u64> { self.get(id) } },
    );
    assert!(lines(&text) <= 20, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_stream_by_its_type() {
    let text = expanded(
        quote!(),
        quote! { fn rows(id: u64, deep: bool) -> impl Stream<Item = Result<Row, Error>> + Send { get(id) } },
    );
    assert!(lines(&text) <= 20, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn what_arguments_add() {
    insta::assert_snapshot!(expanded(
        quote!(
            only(a),
            redact(c),
            fields(sum = a + b),
            kind = "client",
            threshold_ms = 5,
            sample = 0.5,
            parent = &d,
            error_if = |n| *n > 3,
            ret
        ),
        quote! { fn add(a: u64, (b, c): (u64, u64), d: Current) -> u64 { a + b } },
    ));
}

#[test]
fn nothing_to_capture() {
    insta::assert_snapshot!(expanded(quote!(skip_all), quote! { fn f(a: u64) {} }));
}

#[test]
fn every_kind_of_parameter() {
    insta::assert_snapshot!(expanded(
        quote!(skip(e), crate = kit::telemetry),
        quote! {
            fn f(
                mut self,
                mut a: u64,
                (b, mut c): (u8, u8),
                _: u8,
                &d: &u8,
                S { e, f: ref g, .. }: S,
                #[cfg(unix)] r#type: u8,
                #[expect(unused_variables)] h: impl Fn(),
            ) -> Result<impl Iterator<Item = u8>, E> {
                #![allow(dead_code)]
                todo()
            }
        },
    ));
}

#[test]
fn track_caller() {
    insta::assert_snapshot!(expanded(
        quote!(),
        quote! { #[track_caller] fn first(list: &[u8]) -> u8 { list[0] } }
    ));
}

#[test]
fn never_returns() {
    insta::assert_snapshot!(expanded(
        quote!(),
        quote! { async fn serve() -> ! { loop {} } }
    ));
}

#[test]
fn every_fault_at_once() {
    insta::assert_snapshot!(expanded(
        quote!("a", name = "b", name = "c", nmae = 3, skip(x, a, a), skip_all = true, crate = "x", , threshold_ms = 5),
        quote! { const fn f(a: u8) {} },
    ));
}

#[test]
fn an_impl() {
    insta::assert_snapshot!(expanded(
        quote!(skip_all),
        quote! {
            /// Acts.
            unsafe impl<T: Clone> path::Acts for Agent<T> where T: Send {
                type Output = [u8; { 3 }];
                #[must_use]
                fn act(&self, n: u8) -> u8 { n }
                #[tool(skip)]
                fn left_out() { #![allow(dead_code)] }
                #[tool(name = "own")]
                async fn own() {}
                const fn constant() {}
                macro_made! {}
            }
        },
    ));
}

#[test]
fn a_half_typed_impl() {
    insta::assert_snapshot!(expanded(
        quote!(),
        quote! { impl Agent { fn f(&self) { self. } fn g(&) fn h() {} } },
    ));
}

#[test]
fn a_half_typed_body() {
    insta::assert_snapshot!(expanded(quote!(), quote! { fn f() { self. } }));
}
