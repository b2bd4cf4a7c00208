//! Jupyter notebooks: JSON into cells, of nbformat 3 and 4.

use serde_json::{Map, Value};

/// A parsed notebook.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Notebook {
    /// Its cells in order.
    pub(super) cells: Vec<NotebookCell>,
    /// Everything else: metadata, versions.
    pub(super) rest: Map<String, Value>,
}

/// One cell.
#[derive(Debug, Default, PartialEq)]
pub(super) struct NotebookCell {
    /// `code`, `markdown`, `raw`, or another type.
    pub(super) kind: String,
    /// Its id since nbformat 4.5; empty where it has none.
    pub(super) id: String,
    /// Its source.
    pub(super) source: String,
    /// Its outputs.
    pub(super) outputs: Vec<Value>,
    /// Its execution count; `None` where it has none.
    pub(super) count: Option<Value>,
    /// Everything else: metadata, attachments.
    pub(super) rest: Map<String, Value>,
}

impl NotebookCell {
    /// True for a code cell.
    pub(super) fn is_code(&self) -> bool {
        self.kind == "code"
    }
}

/// Reads a notebook; `None` for bytes without the structure of one. A file that is absent or empty has no cells.
pub(super) fn read(bytes: &[u8]) -> Option<Notebook> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Some(Notebook::default());
    }
    let Value::Object(mut rest) = serde_json::from_slice(bytes).ok()? else { return None };
    let mut cells = Vec::new();
    match (rest.remove("cells"), rest.remove("worksheets")) {
        (Some(Value::Array(all)), sheets) => {
            cells.extend(all);
            rest.extend(sheets.map(|sheets| ("worksheets".to_owned(), sheets)));
        }
        // nbformat 3 had its cells in sheets.
        (None, Some(Value::Array(sheets))) => {
            for sheet in sheets {
                let Value::Object(mut sheet) = sheet else { return None };
                match sheet.remove("cells") {
                    Some(Value::Array(all)) => cells.extend(all),
                    _ => return None,
                }
                rest.extend(sheet.into_iter().map(|(key, value)| (format!("worksheet {key}"), value)));
            }
        }
        _ => return None,
    }
    let cells = cells.into_iter().map(cell).collect::<Option<_>>()?;
    Some(Notebook { cells, rest })
}

fn cell(value: Value) -> Option<NotebookCell> {
    let Value::Object(mut rest) = value else { return None };
    let Some(Value::String(kind)) = rest.remove("cell_type") else { return None };
    // The source of code was called `input` in nbformat 3.
    let source =
        rest.remove("source").or_else(|| rest.remove("input")).map_or(Some(String::new()), |text| joined(&text))?;
    let outputs = match rest.remove("outputs") {
        None => Vec::new(),
        Some(Value::Array(outputs)) => outputs,
        Some(_) => return None,
    };
    let id = match rest.remove("id") {
        None => String::new(),
        Some(Value::String(id)) => id,
        Some(_) => return None,
    };
    let count =
        rest.remove("execution_count").or_else(|| rest.remove("prompt_number")).filter(|count| !count.is_null());
    Some(NotebookCell { kind, id, source, outputs, count, rest })
}

/// Returns a text that JSON holds as one string or as a list of lines.
pub(super) fn joined(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => parts.iter().map(Value::as_str).collect::<Option<String>>(),
        _ => None,
    }
}
