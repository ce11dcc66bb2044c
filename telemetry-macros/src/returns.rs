//! What a function gives, by its type as it is written.

use syn::{GenericArgument, Path, PathArguments, PathSegment, ReturnType, Type, TypeParamBound};

/// How long its calls last, then.
pub(crate) enum Returns<'a> {
    /// Until it is there.
    Value,
    /// Something of its own type that is polled; with what it gives, where that is written.
    Polled(Polled, Option<&'a Type>),
    /// The same in a box.
    Boxed(Polled),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Polled {
    Future,
    Stream,
}

impl<'a> Returns<'a> {
    pub(crate) fn of(output: &'a ReturnType) -> Self {
        match output {
            ReturnType::Default => Self::Value,
            ReturnType::Type(_, ty) => of_type(ty),
        }
    }
}

fn of_type(ty: &Type) -> Returns<'_> {
    match ty {
        Type::Paren(paren) => of_type(&paren.elem),
        Type::Group(group) => of_type(&group.elem),
        Type::ImplTrait(it) => {
            let found = || it.bounds.iter().filter_map(polled);
            match found().next() {
                Some((what, _)) => Returns::Polled(what, found().find_map(|(_, it)| gives(it))),
                None => Returns::Value,
            }
        }
        Type::Path(path) => boxed(&path.path).map_or(Returns::Value, Returns::Boxed),
        _ => Returns::Value,
    }
}

/// `Pin<Box<dyn Future>>`, `Pin<Box<dyn Stream>>`, or the names that `futures` has for them.
fn boxed(path: &Path) -> Option<Polled> {
    let last = path.segments.last()?;
    if last.ident == "BoxFuture" || last.ident == "LocalBoxFuture" {
        return Some(Polled::Future);
    }
    if last.ident == "BoxStream" || last.ident == "LocalBoxStream" {
        return Some(Polled::Stream);
    }
    let inside = argument(last, "Pin").and_then(|pinned| match pinned {
        Type::Path(path) => argument(path.path.segments.last()?, "Box"),
        _ => None,
    });
    match inside {
        Some(Type::TraitObject(object)) => {
            let (what, _) = object.bounds.iter().find_map(polled)?;
            Some(what)
        }
        _ => None,
    }
}

/// The type in the brackets of the segment of this name.
fn argument<'a>(segment: &'a PathSegment, name: &str) -> Option<&'a Type> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) if segment.ident == name => {
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => None,
    }
}

/// `Future` or `Stream` of a bound.
fn polled(bound: &TypeParamBound) -> Option<(Polled, &PathSegment)> {
    let TypeParamBound::Trait(bound) = bound else {
        return None;
    };
    let last = bound.path.segments.last()?;
    let what = match last.ident.to_string().as_str() {
        "Future" | "TryFuture" | "FusedFuture" => Polled::Future,
        "Stream" | "TryStream" | "FusedStream" => Polled::Stream,
        _ => return None,
    };
    Some((what, last))
}

/// `T` of `Future<Output = T>` and `Stream<Item = T>`.
fn gives(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(it) if it.ident == "Output" || it.ident == "Item" => {
            Some(&it.ty)
        }
        _ => None,
    })
}
