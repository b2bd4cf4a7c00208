//! Rules that name files.

/// True if a rule matches a path. A rule names a file, a directory (with everything below it), or a bare name in any
/// directory; `*` matches any run of characters except `/`.
pub fn path_matches(rule: &str, path: &str) -> bool {
    let rule = rule.trim_start_matches("./").trim_end_matches('/');
    let under = |path: &str| glob(rule, path) || path.match_indices('/').any(|(at, _)| glob(rule, &path[..at]));
    under(path) || (!rule.contains('/') && path.rsplit('/').next().is_some_and(|name| glob(rule, name)))
}

fn glob(rule: &str, text: &str) -> bool {
    match rule.split_once('*') {
        None => rule == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            let end = text.find('/').unwrap_or(text.len());
            (0..=end).filter(|at| text.is_char_boundary(*at)).any(|at| glob(rest, &text[at..]))
        }),
    }
}
