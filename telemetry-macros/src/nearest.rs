//! The known word that a wrong one was meant to be.

/// ``; did you mean `word`?`` where one of `known` is close to `found`, else nothing.
pub(crate) fn did_you_mean<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let nearest = known
        .into_iter()
        .map(|word| (distance(found, word), word))
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((distance, word)) if distance <= found.chars().count().max(3) / 3 => {
            format!("; did you mean `{word}`?")
        }
        _ => String::new(),
    }
}

/// Levenshtein's, where two neighbours that changed places count once.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    let mut last = None;
    for (row, from) in from.chars().enumerate() {
        let mut here = vec![row + 1];
        for (column, &to_char) in to.iter().enumerate() {
            let replaced = above[column] + usize::from(from != to_char);
            let mut best = replaced.min(above[column + 1] + 1).min(here[column] + 1);
            if column > 0 && last == Some(to_char) && to[column - 1] == from {
                best = best.min(before[column - 1] + 1);
            }
            here.push(best);
        }
        before = std::mem::replace(&mut above, here);
        last = Some(from);
    }
    above[to.len()]
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, distance};

    #[test]
    fn counts_edits() {
        assert_eq!(distance("name", "name"), 0);
        assert_eq!(distance("nmae", "name"), 1);
        assert_eq!(distance("skipall", "skip_all"), 1);
        assert_eq!(distance("", "skip"), 4);
        assert_eq!(distance("crate", ""), 5);
    }

    #[test]
    fn names_only_what_is_close() {
        assert_eq!(
            did_you_mean("nam", ["crate", "name"]),
            "; did you mean `name`?"
        );
        assert_eq!(did_you_mean("colour", ["crate", "name"]), "");
        assert_eq!(did_you_mean("x", []), "");
    }
}
