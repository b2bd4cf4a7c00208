//! A row that is an object: JSON lines.

use serde_json::Value;

use super::MOST_COLUMNS;
use super::sheet::plain;
use crate::format::json_line;

/// Returns an object's keys and values; those of nested objects under their own names.
pub(super) fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let object = json_line::object(text)?;
    let mut pairs = Vec::new();
    for (key, value) in object {
        match value {
            Value::Object(inner) if inner.len() <= MOST_COLUMNS => {
                let inner = inner.into_iter().filter_map(|(name, value)| Some((name, word_of(&value)?)));
                let is_measures = matches!(
                    plain(&key).as_str(),
                    "metrics" | "results" | "scores" | "measures" | "result" | "measurements" | "values"
                );
                pairs.extend(
                    inner.map(|(name, value)| (if is_measures { name } else { format!("{key}.{name}") }, value)),
                );
            }
            value => pairs.extend(word_of(&value).map(|word| (key, word))),
        }
    }
    Ok(pairs)
}

fn word_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
