//! One parameter: its name in the signature, its pattern around the body.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, FieldPat, Pat, PatIdent, PatType, Token, parse_quote};

/// A parameter of the function, `self` apart.
///
/// In the signature it is a plain name that only the macro's code can see; the
/// pattern moves in front of the body, as written and with its tokens. So each
/// lint about it is found once, there, and by the user's own code.
pub(crate) struct Parameter {
    /// Its name in the signature.
    pub(crate) outer: Ident,
    /// The pattern in front of the body. Never `_`, which would not move the value in.
    pub(crate) inner: Pat,
    /// Whether `inner` can take a part of the value and leave the rest.
    pub(crate) splits: bool,
    /// The names it binds, as written.
    pub(crate) bindings: Vec<Ident>,
    /// `inner` as it matches a reference, each name bound as a reference too.
    pub(crate) borrowed: Pat,
    /// `#[cfg]`: on the signature and on all that comes of the parameter.
    pub(crate) cfgs: Vec<Attribute>,
    /// Lint levels, which belong where the lints are found.
    pub(crate) lints: Vec<Attribute>,
    /// The rest, for the signature.
    pub(crate) attrs: Vec<Attribute>,
}

impl Parameter {
    pub(crate) fn new(index: usize, typed: &PatType) -> Self {
        let (cfgs, rest): (Vec<_>, _) = typed
            .attrs
            .iter()
            .cloned()
            .partition(|attr| attr.path().is_ident("cfg"));
        let (lints, attrs) = rest.into_iter().partition(is_lint_level);
        let mut borrow = Borrow::default();
        let mut borrowed = Pat::clone(&typed.pat);
        borrow.visit_pat_mut(&mut borrowed);
        let bindings = borrow.bindings;

        let unnamed = || format_ident!("__arg{index}", span = Span::mixed_site());
        let (outer, inner, splits) = match &*typed.pat {
            Pat::Ident(PatIdent {
                by_ref: None,
                subpat: None,
                ident,
                ..
            }) => (hygienic(ident), Pat::clone(&typed.pat), false),
            Pat::Wild(_) => (unnamed(), ident_pattern(unnamed()), false),
            pattern => (unnamed(), Pat::clone(pattern), true),
        };
        Self {
            outer,
            inner,
            splits,
            bindings,
            borrowed,
            cfgs,
            lints,
            attrs,
        }
    }
}

/// The same word, seen by the macro's code alone.
pub(crate) fn hygienic(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(Span::mixed_site().located_at(ident.span()));
    ident
}

fn ident_pattern(ident: Ident) -> Pat {
    parse_quote!(#ident)
}

fn is_lint_level(attr: &Attribute) -> bool {
    ["allow", "expect", "warn", "deny", "forbid"]
        .iter()
        .any(|level| attr.path().is_ident(level))
}

/// Takes `mut`, `ref` and `&` off a pattern: matched against a reference, default
/// binding modes make a reference of each name, and refuse those words beside them.
#[derive(Default)]
struct Borrow {
    bindings: Vec<Ident>,
}

impl VisitMut for Borrow {
    fn visit_pat_mut(&mut self, pat: &mut Pat) {
        while let Pat::Reference(reference) = pat {
            *pat = Pat::clone(&reference.pat);
        }
        visit_mut::visit_pat_mut(self, pat);
    }

    fn visit_pat_ident_mut(&mut self, pat: &mut PatIdent) {
        if !self.bindings.contains(&pat.ident) {
            self.bindings.push(pat.ident.clone());
        }
        pat.by_ref = None;
        pat.mutability = None;
        pat.ident = hygienic(&pat.ident);
        visit_mut::visit_pat_ident_mut(self, pat);
    }

    /// `S { a }` becomes `S { a: a }`: only the second may change its span.
    fn visit_field_pat_mut(&mut self, field: &mut FieldPat) {
        field.colon_token.get_or_insert_with(<Token![:]>::default);
        visit_mut::visit_field_pat_mut(self, field);
    }
}
