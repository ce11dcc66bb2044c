//! Expressions of the attribute, which see the parameters: these have names in the signature
//! that only the macro's own tokens see.

use proc_macro2::{Group, Ident, Literal, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;

use crate::parameter::{Parameter, hygienic};

/// The expression, with each name of a parameter as it is seen in the macro's code.
pub(super) fn seeing(expression: &impl ToTokens, parameters: &[Parameter]) -> TokenStream {
    let names: Vec<&Ident> = parameters.iter().flat_map(|it| &it.bindings).collect();
    changed(expression.to_token_stream(), &names)
}

/// Whether the parameter of this name may be in the expression.
pub(super) fn mentions(expression: &impl ToTokens, name: &Ident) -> bool {
    any(expression.to_token_stream(), name)
}

/// Whether it is. Of a text only what stands in its braces counts.
pub(super) fn uses(expression: &impl ToTokens, name: &Ident) -> bool {
    let in_braces = format!("{{{}", name.unraw());
    names(expression.to_token_stream(), name, &in_braces)
}

fn names(tokens: TokenStream, name: &Ident, in_braces: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Literal(literal) => literal.to_string().contains(in_braces),
        TokenTree::Group(group) => names(group.stream(), name, in_braces),
        TokenTree::Punct(_) => false,
    })
}

fn changed(tokens: TokenStream, names: &[&Ident]) -> TokenStream {
    let mut after_quote = false;
    let tokens = tokens.into_iter().map(|token| {
        // Lifetimes and labels keep their names.
        let is_lifetime = std::mem::replace(&mut after_quote, starts_lifetime(&token));
        match token {
            TokenTree::Ident(ident) if !is_lifetime && names.contains(&&ident) => {
                hygienic(&ident).into()
            }
            TokenTree::Literal(literal) if may_format(&literal) => {
                let mut literal = literal;
                literal.set_span(Span::mixed_site().located_at(literal.span()));
                literal.into()
            }
            TokenTree::Group(group) => {
                let mut inside = Group::new(group.delimiter(), changed(group.stream(), names));
                inside.set_span(group.span());
                inside.into()
            }
            token => token,
        }
    });
    tokens.collect()
}

fn any(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Literal(literal) => may_format(&literal),
        TokenTree::Group(group) => any(group.stream(), name),
        TokenTree::Punct(_) => false,
    })
}

fn starts_lifetime(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '\'' && punct.spacing() == Spacing::Joint)
}

/// A text such as `"{name}"`, which a formatting macro looks names up for.
fn may_format(literal: &Literal) -> bool {
    let text = literal.to_string();
    text.contains('"') && text.contains('{')
}
