//! Windows over the view: help, palette, search, and prompts. Keys go to the open window.

mod filter;
pub(in crate::app) mod keys;
pub(in crate::app) mod line;
mod modal;
pub(in crate::app) mod offers;
pub(in crate::app) mod open;
mod palette;
mod reply;
pub(in crate::app) mod save;
mod scroll;
mod search;
mod seek;
mod subject;
mod window;

pub use modal::{Modal, Waiting, Window};
pub use palette::{Palette, PaletteEntry, PaletteTarget};
pub use reply::TypedReply;
pub use save::{EXTENSIONS, directory_for, has_supported_extension};
pub use window::{Drawn, WindowState};

pub(in crate::app) use reply::Pressed;
