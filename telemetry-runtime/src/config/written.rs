//! Values that are one text: of `TELEMETRY_…` variables, of the builder, of the table's defaults.

use super::check::Checked;
use super::environment::{Environment, Held};
use super::fault::{Fault, nearest};
use super::keys::{self, Key};
use super::kind::Kind;
use super::node::{Content, Node, Place};
use super::overrides::Override;
use super::yaml;

/// Names the configuration's file, not a key.
pub(crate) const CONFIG: &str = "TELEMETRY_CONFIG";
const PREFIX: &str = "TELEMETRY_";

/// What the table says.
pub(crate) fn defaults(checked: &mut Checked) {
    for key in keys::all() {
        checked.key(key, &default_node(key));
    }
}

/// The table's texts are lists in brackets and scalars, so that no YAML is needed to read them.
fn default_node(key: &Key) -> Node {
    let plain = |text: &str| Node::plain(text.trim().trim_matches('"'), Place::DEFAULT);
    match key
        .default
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
    {
        Some(items) => Node::list(items.split(',').map(plain).collect(), Place::DEFAULT),
        None if key.default == "{}" => Node {
            content: Content::Map(Vec::new()),
            place: Place::DEFAULT,
            hidden: false,
        },
        None => plain(key.default),
    }
}

/// `TELEMETRY_<KEY>`. An empty one counts as unset.
pub(crate) fn environment(
    environment: &Environment,
    checked: &mut Checked,
    notices: &mut Vec<String>,
) {
    for key in resource_first(keys::all(), |key| key.name) {
        let name = key.variable();
        let place = Place::variable(&name);
        match environment.get(&name) {
            Held::Bytes => {
                checked
                    .faults
                    .push(Fault::new(&place, "", "found bytes that are not UTF-8"))
            }
            Held::Unset => {}
            Held::Text(text) => match node(key.kind, text.trim(), place) {
                Ok(mut node) => {
                    hide(&mut node);
                    checked.key(key, &node);
                }
                Err(faults) => checked.faults.extend(faults),
            },
        }
    }
    notices.extend(environment.names(PREFIX).filter_map(misspelt));
}

/// A variable that is nearly a key's. Others may be somebody else's.
fn misspelt(variable: &str) -> Option<String> {
    let name = variable.strip_prefix(PREFIX)?.to_ascii_lowercase();
    if variable == CONFIG || keys::find(&name).is_some() {
        return None;
    }
    let nearest = keys::find(nearest(&name, keys::all().map(|key| key.name))?)?.variable();
    Some(format!(
        "{}: no key has this name; nearest: {nearest}",
        super::fault::short(variable)
    ))
}

/// What code said to the builder; of a key said twice the later counts.
pub(crate) fn builder(overrides: Vec<(String, Override)>, checked: &mut Checked) {
    for (name, value) in resource_first(overrides, |(name, _)| name) {
        let Some(key) = keys::find(&name) else {
            let known = keys::all().map(|key| key.name);
            checked.faults.push(Fault::unknown(
                &Place::BUILDER,
                &super::fault::short(&name),
                &name,
                known,
            ));
            continue;
        };
        let node = match value {
            Override::Text(text) => node(key.kind, text.trim(), Place::BUILDER),
            value => Ok(value.into_node()),
        };
        match node {
            Ok(node) => checked.key(key, &node),
            Err(faults) => checked.faults.extend(faults),
        }
    }
}

/// `resource` may say a service's name, more weakly than `service_name`.
fn resource_first<T>(
    items: impl IntoIterator<Item = T>,
    name: impl Fn(&T) -> &str,
) -> impl Iterator<Item = T> {
    let (first, others): (Vec<T>, Vec<T>) =
        items.into_iter().partition(|item| name(item) == "resource");
    first.into_iter().chain(others)
}

/// A text as a value of `kind`: YAML for maps and lists, `a,b` for names, else as it stands.
fn node(kind: Kind, text: &str, place: Place) -> Result<Node, Vec<Fault>> {
    let several = matches!(kind, Kind::Choices(_) | Kind::Set(_));
    if !text.is_empty() && (kind.is_collection() || (several && text.starts_with('['))) {
        return Ok(yaml::parse(text, &place)?.unwrap_or_else(|| Node::plain("", place)));
    }
    if several && text.contains(',') {
        return Ok(Node::list(
            text.split(',')
                .map(|item| Node::plain(item.trim(), place.clone()))
                .collect(),
            place,
        ));
    }
    Ok(Node::plain(text, place))
}

fn hide(node: &mut Node) {
    node.hidden = true;
    match &mut node.content {
        Content::List(items) => items.iter_mut().for_each(hide),
        Content::Map(entries) => entries.iter_mut().for_each(|entry| hide(&mut entry.value)),
        Content::Scalar { .. } | Content::Tagged(_) => {}
    }
}
