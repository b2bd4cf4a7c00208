//! Permissions, findings, and the conversion of hostile text to visible text.
//!
//! Architecture invariant: pure. It is given text and changes, and returns findings.

mod config;
mod findings;
mod imports;
mod passing;
mod path;
mod person;
mod reference;
mod source;
pub mod text;
mod words;

pub use config::{Answerer, Budget, Gates, Policy, PolicyError, StopTrial, StorePart};
pub use findings::{ChangeContext, findings};
pub use passing::{Objection, objection};
pub use path::{plain_path, refuse_path};
pub use person::names;
pub use reference::{POLICY_KEYS, PolicyKey};
pub use source::source_findings;
