//! Answers a screen's slow requests: candidates, the consequences of a veto.
//!
//! Two threads, newest request first; repeating a request replaces the earlier one. Nothing here writes: the objects of
//! a candidate are in memory.

mod colour;
mod consequences;
mod files;
mod judge;
mod keys;
mod knobs;
mod place;
mod pool;
mod request;
mod shortlist;
mod texts;
mod touched;

pub use colour::{CHUNK, LineSyntax, Stretch, Syntax};
pub use consequences::Consequences;
pub use judge::{QueryCache, answer, reference_tip, stored};
pub use knobs::{Knob, KnobValue, Knobs, Try};
pub use place::{GONE, NOT_WAITING};
pub use pool::Pool;
pub use request::{Assessment, Comparison, Request, Response};
pub use shortlist::Shortlist;
pub use texts::{Both, Texts};
pub use touched::Related;
