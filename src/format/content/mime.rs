//! Displayed parts of a notebook other than source: outputs by MIME type, and the parts that a browser would run.

use serde_json::Value;

use super::notebook::{Notebook, NotebookCell, joined};

/// Keys that are not MIME types in an output of nbformat 3.
const NO_TYPES: [&str; 9] =
    ["output_type", "metadata", "execution_count", "prompt_number", "name", "stream", "ename", "evalue", "traceback"];

/// Returns the parts of an output by MIME type.
pub(super) fn parts(output: &Value) -> Vec<(&str, String)> {
    let text = |value: &Value| joined(value).unwrap_or_else(|| value.to_string());
    let Some(output) = output.as_object() else { return Vec::new() };
    if let Some(traceback) = output.get("traceback") {
        let lines = traceback.as_array().map(|lines| lines.iter().filter_map(Value::as_str).collect::<Vec<_>>());
        return vec![("error", lines.unwrap_or_default().join("\n"))];
    }
    if output.get("output_type").and_then(Value::as_str) == Some("stream") {
        let name = output.get("name").or_else(|| output.get("stream")).and_then(Value::as_str).unwrap_or("stream");
        return vec![(name, output.get("text").map(text).unwrap_or_default())];
    }
    match output.get("data").and_then(Value::as_object) {
        Some(data) => data.iter().map(|(mime, value)| (mime.as_str(), text(value))).collect(),
        None => {
            let old = output.iter().filter(|(key, _)| !NO_TYPES.contains(&key.as_str()));
            old.map(|(key, value)| (of_version_3(key), text(value))).collect()
        }
    }
}

/// Returns the MIME type for a short name of nbformat 3.
fn of_version_3(key: &str) -> &str {
    match key {
        "text" => "text/plain",
        "html" => "text/html",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpeg" => "image/jpeg",
        "javascript" => "application/javascript",
        "latex" => "text/latex",
        other => other,
    }
}

/// True for a part that is read as lines.
pub(super) fn is_lines(mime: &str) -> bool {
    mime.starts_with("text/") || !mime.contains('/')
}

/// Returns the size of a part in bytes; that of a picture is its decoded size.
pub(super) fn size(mime: &str, text: &str) -> usize {
    if mime.starts_with("image/") && mime != "image/svg+xml" {
        let letters = text.bytes().filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
        letters.count() * 3 / 4
    } else {
        text.len()
    }
}

/// Returns everything in a notebook that a browser runs when it displays it: the text, and its place.
pub(super) fn running(notebook: &Notebook) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for cell in &notebook.cells {
        of_cell(cell, &mut found);
    }
    for value in notebook.rest.values() {
        in_strings(value, "script in the notebook's metadata", &mut found);
    }
    found
}

fn of_cell(cell: &NotebookCell, found: &mut Vec<(String, &'static str)>) {
    for output in &cell.outputs {
        for (mime, text) in parts(output) {
            let lower = mime.to_ascii_lowercase();
            if lower.contains("javascript") || lower.contains("ecmascript") {
                found.push((text, "JavaScript in an output"));
            } else if lower.contains("html") && is_active(&text) {
                found.push((text, "script in the HTML of an output"));
            } else if lower.contains("svg") && is_active(&text) {
                found.push((text, "script in a picture of an output"));
            } else if lower.contains("markdown") && is_active(&text) {
                found.push((text, "script in the text of an output"));
            }
        }
        if let Some(metadata) = output.get("metadata") {
            in_strings(metadata, "script in the metadata of an output", found);
        }
    }
    if !cell.is_code() && is_active(&cell.source) {
        found.push((cell.source.clone(), "script in a text cell"));
    }
    for value in cell.rest.values() {
        in_strings(value, "script in the metadata of a cell", found);
    }
}

fn in_strings(value: &Value, place: &'static str, found: &mut Vec<(String, &'static str)>) {
    match value {
        Value::String(text) if is_active(text) => found.push((text.clone(), place)),
        Value::Array(all) => all.iter().for_each(|value| in_strings(value, place, found)),
        Value::Object(all) => all.iter().for_each(|(key, value)| {
            if is_active(key) {
                found.push((key.clone(), place));
            }
            in_strings(value, place, found);
        }),
        _ => {}
    }
}

/// True for HTML that contains or loads code for a browser to run.
fn is_active(html: &str) -> bool {
    /// Maximum number of bytes of a tag that are searched.
    const LONGEST_TAG: usize = 4096;
    let lower = html.to_ascii_lowercase();
    memchr::memchr_iter(b'<', lower.as_bytes()).any(|at| {
        let tag = &lower.as_bytes()[at + 1..];
        let name: &[u8] = &tag[..tag.iter().take(LONGEST_TAG).take_while(|byte| byte.is_ascii_alphanumeric()).count()];
        if name.is_empty() {
            return false;
        }
        if matches!(name, b"script" | b"iframe" | b"frame" | b"object" | b"embed" | b"base" | b"portal") {
            return true;
        }
        let checked = &tag[..tag.len().min(LONGEST_TAG)];
        let end = memchr::memchr(b'>', checked);
        // An unterminated tag: the rest of it is not searched.
        if end.is_none() && tag.len() > LONGEST_TAG {
            return true;
        }
        let inside = &tag[name.len()..end.unwrap_or(tag.len()).max(name.len())];
        let refreshes = name == b"meta" && holds(inside, b"http-equiv");
        refreshes || holds(inside, b"javascript:") || holds(inside, b"srcdoc") || has_handler(inside)
    })
}

fn holds(text: &[u8], words: &[u8]) -> bool {
    memchr::memmem::find(text, words).is_some()
}

/// True for an attribute such as `onclick =`.
fn has_handler(tag: &[u8]) -> bool {
    memchr::memmem::find_iter(tag, b"on").any(|at| {
        let starts = at.checked_sub(1).is_none_or(|before| !tag[before].is_ascii_alphanumeric() && tag[before] != b'-');
        let rest = &tag[at + 2..];
        let name = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        starts && name > 2 && rest[name..].trim_ascii_start().starts_with(b"=")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_is_too_long_counts_as_active() {
        let long = "x".repeat(5000);
        assert!(is_active(&format!("<img alt=\"{long}\" src=x onerror=alert(1)>")));
        assert!(!is_active(&format!("<p>{long}</p>")));
        // Many unterminated tags must not cause quadratic time.
        assert!(!is_active(&"< ".repeat(200_000)));
    }

    #[test]
    fn html_that_runs_and_html_that_does_not() {
        for html in [
            "<script>x()</script>",
            "<SCRIPT src=//a>",
            "<img src=x onerror=alert(1)>",
            "<a href=\"JavaScript:x()\">",
            "<svg/onload = x()>",
            "<iframe src='https://example.org'>",
            "<div><p onclick\n=\"x\">",
            "<meta http-equiv=refresh>",
        ] {
            assert!(is_active(html), "{html}");
        }
        for html in [
            "<div><style scoped>.dataframe tbody tr th {}</style><table border=\"1\" class=\"dataframe\">",
            "a < b and on = 3",
            "<p>turn onward = yes</p>",
            "<td data-on-x=1>",
            "x <- c(1)",
            "",
            "<",
        ] {
            assert!(!is_active(html), "{html}");
        }
    }
}
