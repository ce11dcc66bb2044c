//! What the agent knows of a file of Rust: its functions.

use std::fmt;

use proc_macro2::extra::invalidate_current_thread_spans;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ImplItemFn, ItemFn, Signature, TraitItemFn};
use telemetry_runtime::{current, tool};

use super::text::Tokens;

/// The parser calls itself for each bracket inside a bracket, and a thread's stack has an end.
const DEEPEST: usize = 256;

/// One function of the code that was studied.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Ways through it: 1, and 1 more for each branch.
    pub(crate) paths: usize,
}

/// Where and why a file is no Rust.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    line: usize,
    column: usize,
    message: String,
}

/// All functions of a file, those in `impl` blocks and inside other functions too.
#[tool(skip(text, tokens))]
pub(crate) fn outline(text: &str, tokens: &Tokens) -> Result<Vec<Function>, SyntaxError> {
    let mut outline = Outline::default();
    outline.visit_file(&parse_rust(text, tokens.deepest)?);
    current().set_attribute("rust.functions", outline.functions.len());
    Ok(outline.functions)
}

#[tool(skip(text))]
fn parse_rust(text: &str, deepest: usize) -> Result<syn::File, SyntaxError> {
    if deepest > DEEPEST {
        return Err(SyntaxError {
            line: 1,
            column: 1,
            message: format!("{deepest} brackets inside one another"),
        });
    }
    let parsed = syn::parse_file(text).map_err(|error| {
        let start = error.span().start();
        SyntaxError {
            line: start.line,
            column: start.column + 1,
            message: error.to_string(),
        }
    });
    // The parser keeps each text for its places, which nobody asks for any more.
    invalidate_current_thread_spans();
    parsed
}

#[derive(Default)]
struct Outline {
    functions: Vec<Function>,
}

impl Outline {
    fn add(&mut self, signature: &Signature, body: &Block) {
        let name = signature.ident.to_string();
        self.functions.push(measure_function(&name, body));
    }
}

impl<'a> Visit<'a> for Outline {
    fn visit_item_fn(&mut self, function: &'a ItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'a ImplItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'a TraitItemFn) {
        if let Some(body) = &function.default {
            self.add(&function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

#[tool(skip(body))]
fn measure_function(name: &str, body: &Block) -> Function {
    let mut branches = Branches(0);
    branches.visit_block(body);
    let paths = branches.0 + 1;
    current().set_attribute("function.paths", paths);
    Function {
        name: name.to_owned(),
        paths,
    }
}

struct Branches(usize);

impl<'a> Visit<'a> for Branches {
    fn visit_expr(&mut self, expression: &'a Expr) {
        self.0 += match expression {
            Expr::If(_) | Expr::While(_) | Expr::ForLoop(_) | Expr::Try(_) => 1,
            Expr::Match(matched) => matched.arms.len().saturating_sub(1),
            _ => 0,
        };
        visit::visit_expr(self, expression);
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            message,
        } = self;
        write!(f, "line {line}, column {column}: {message}")
    }
}
