//! What `#[tool]` stands on: a function, or a place with functions in it.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::buffer::Cursor;
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Token, Visibility};

use crate::container::Container;
use crate::function::Function;

pub(crate) enum Item {
    Function(Box<Function>),
    Container(Container),
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let item = match Container::starts(input) {
            true => Self::Container(input.parse()?),
            false => Self::Function(Box::new(Function::parse(input, not_a_function)?)),
        };
        if !input.is_empty() {
            return Err(input.error("expected nothing after the item's body"));
        }
        Ok(item)
    }
}

/// The keyword that says what the next item is.
pub(crate) fn keyword(input: ParseStream<'_>) -> Option<Ident> {
    let ahead = input.fork();
    ahead.call(Attribute::parse_outer).ok()?;
    ahead.parse::<Visibility>().ok()?;
    while ahead.peek(Token![unsafe]) && !ahead.peek2(Token![fn]) {
        ahead.parse::<Token![unsafe]>().ok()?;
    }
    ahead.call(Ident::parse_any).ok()
}

/// The tokens from `begin` to where `input` is now.
pub(crate) fn since(mut begin: Cursor<'_>, input: ParseStream<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    while begin < input.cursor() {
        let Some((token, next)) = begin.token_tree() else {
            break;
        };
        token.to_tokens(&mut tokens);
        begin = next;
    }
    tokens
}

/// Reads on as far as `T` goes; nothing where none stands here.
pub(crate) fn skip<T: Parse>(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let found = ahead.parse::<T>().is_ok();
    if found {
        input.advance_to(&ahead);
    }
    found
}

/// What to do with an item that is none, by its keyword.
fn not_a_function(input: ParseStream<'_>) -> Option<syn::Error> {
    let keyword = keyword(input)?;
    let known = [
        "struct",
        "enum",
        "union",
        "type",
        "const",
        "static",
        "use",
        "macro_rules",
    ];
    known.iter().any(|known| keyword == known).then(|| {
        syn::Error::new_spanned(
            keyword,
            "`#[tool]` measures the calls of a function; put it on a `fn`, or on the `impl`, `trait` or `mod` around",
        )
    })
}
