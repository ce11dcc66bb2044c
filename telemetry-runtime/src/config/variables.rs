//! `${NAME}`, `${NAME:-default}` and `$$` in the scalars of a file.

use super::environment::{Environment, Held};
use super::fault::{Fault, path};
use super::node::{Content, Node};

/// Replaces them everywhere below `node`. A scalar with a variable in it is read again as a
/// plain one, and no message shows what it holds.
pub(crate) fn replace(
    node: &mut Node,
    key: &str,
    environment: &Environment,
    faults: &mut Vec<Fault>,
) {
    match &mut node.content {
        Content::List(items) => items
            .iter_mut()
            .for_each(|item| replace(item, key, environment, faults)),
        Content::Map(entries) => {
            for entry in entries {
                let key = if key.is_empty() {
                    entry.key.clone()
                } else {
                    path(key, &entry.key)
                };
                replace(&mut entry.value, &key, environment, faults);
            }
        }
        Content::Tagged(_) => {}
        Content::Scalar { text, plain } if text.contains('$') => {
            match replaced(text, environment) {
                Ok((replaced, variables)) => {
                    *text = replaced;
                    *plain |= variables;
                    node.hidden |= variables;
                }
                Err(why) => {
                    faults.push(Fault::new(&node.place, key, why));
                    // Left out from here on, so that no second fault follows from the first.
                    *text = String::new();
                    *plain = true;
                }
            }
        }
        Content::Scalar { .. } => {}
    }
}

/// The text with its variables replaced, and whether there were any.
fn replaced(text: &str, environment: &Environment) -> Result<(String, bool), String> {
    let mut result = String::with_capacity(text.len());
    let mut variables = false;
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        result.push_str(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            result.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            let (expression, after) = after.split_once('}').ok_or(
                "found ${ without its }, allowed: ${NAME}, ${NAME:-default}, $$ for a dollar",
            )?;
            result.push_str(value(expression, environment)?);
            variables = true;
            rest = after;
        } else {
            result.push('$');
        }
    }
    result.push_str(rest);
    Ok((result, variables))
}

/// What stands between the braces. `:-` also replaces an empty variable, as in a shell.
fn value<'a>(expression: &'a str, environment: &'a Environment) -> Result<&'a str, String> {
    let (name, default) = expression
        .split_once(":-")
        .map_or((expression, None), |(name, default)| (name, Some(default)));
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty()
        || !name.chars().all(is_name)
        || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return Err("found ${…} around something that is no variable's name, allowed: ${NAME}, ${NAME:-default}, $$ for a dollar".into());
    }
    match (environment.get(name), default) {
        (Held::Text(""), Some(default)) | (Held::Unset, Some(default)) => Ok(default),
        (Held::Text(text), _) => Ok(text),
        (Held::Unset, None) => Err(format!(
            "the variable {name} is not set and has no default; set it, or write ${{{name}:-default}}"
        )),
        (Held::Bytes, _) => Err(format!(
            "the variable {name} holds bytes that are not UTF-8"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, bool), String> {
        let environment =
            Environment::from([("A", "one"), ("EMPTY", ""), ("B_2", "two")]).with_bytes("BYTES");
        replaced(text, &environment)
    }

    #[test]
    fn variables_defaults_and_dollars() {
        for (text, result, variables) in [
            ("${A}", "one", true),
            ("x${A}y${B_2}z", "xoneytwoz", true),
            ("${NONE:-d}", "d", true),
            ("${NONE:-}", "", true),
            ("${EMPTY:-d}", "d", true),
            ("${EMPTY}", "", true),
            ("${A:-d}", "one", true),
            ("${NONE:-http://h:1/p}", "http://h:1/p", true),
            ("$${A}", "${A}", false),
            ("$$", "$", false),
            ("a$b", "a$b", false),
            ("5$", "5$", false),
            ("$${${A}}", "${one}", true),
        ] {
            assert_eq!(read(text), Ok((result.to_owned(), variables)), "{text}");
        }
    }

    #[test]
    fn faults_name_the_variable_only() {
        assert_eq!(
            read("k${NONE}").unwrap_err(),
            "the variable NONE is not set and has no default; set it, or write ${NONE:-default}"
        );
        for text in ["hunter2${A", "${}", "${hunter2!}", "${1A}", "${BYTES}"] {
            let fault = read(text).unwrap_err();
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }
}
