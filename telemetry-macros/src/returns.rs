//! What a function gives, by its type as it is written.

use syn::{GenericArgument, Path, PathArguments, PathSegment, ReturnType, Type, TypeParamBound};

/// How long its calls last, then.
pub(crate) enum Returns<'a> {
    /// Until it is there.
    Value,
    /// A future of its own type; with what that gives, where it is written.
    Future(Option<&'a Type>),
    /// A future in a box.
    Boxed,
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
        Type::ImplTrait(it) => match it.bounds.iter().find_map(future) {
            Some(future) => Returns::Future(output(future)),
            None => Returns::Value,
        },
        Type::Path(path) if is_boxed_future(&path.path) => Returns::Boxed,
        _ => Returns::Value,
    }
}

/// `Pin<Box<dyn Future>>`, or the names that `futures` has for it.
fn is_boxed_future(path: &Path) -> bool {
    let Some(last) = path.segments.last() else {
        return false;
    };
    if last.ident == "BoxFuture" || last.ident == "LocalBoxFuture" {
        return true;
    }
    let inside = argument(last, "Pin").and_then(|pinned| match pinned {
        Type::Path(path) => argument(path.path.segments.last()?, "Box"),
        _ => None,
    });
    matches!(inside, Some(Type::TraitObject(object)) if object.bounds.iter().any(|bound| future(bound).is_some()))
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

/// `Future` of a bound.
fn future(bound: &TypeParamBound) -> Option<&PathSegment> {
    match bound {
        TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .filter(|last| last.ident == "Future"),
        _ => None,
    }
}

/// `T` of `Future<Output = T>`.
fn output(future: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &future.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(output) if output.ident == "Output" => Some(&output.ty),
        _ => None,
    })
}
