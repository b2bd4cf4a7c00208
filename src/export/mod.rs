//! Saves a view as an image or a table. Never overwrites a file.

mod table;

use std::io::Write as _;
use std::path::Path;

use crate::app::State;
use crate::ui::{Theme, picture};
use crate::vector::{Drawing, DrawingError};

pub use table::ExportTable;

/// Pixels per unit of the drawing in a PNG: sharp on a screen with twice the resolution.
const SCALE: f64 = 2.0;

/// The format of an exported file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// A vector image.
    Svg,
    /// A bitmap image.
    Png,
    /// The numbers.
    Csv,
}

impl FileFormat {
    /// Returns the format of a file name's extension; `None` for an unknown extension.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "svg" => Some(Self::Svg),
            "png" => Some(Self::Png),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// A view, ready to be written.
#[derive(Debug)]
pub enum ExportedView {
    /// As SVG.
    Svg(Drawing),
    /// As PNG.
    Png(Drawing),
    /// As CSV.
    Csv(ExportTable),
}

/// The reason why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file exists, and is not overwritten.
    #[error("{0} already exists and is not overwritten: choose another name")]
    Exists(String),
    /// The directory does not exist.
    #[error("the directory {0} does not exist: create it or choose another")]
    NoDirectory(String),
    /// The file could not be written.
    #[error("{0} could not be written: {1}; no file was left: choose another directory")]
    Disk(String, std::io::Error),
    /// The drawing could not be rendered.
    #[error(transparent)]
    Picture(#[from] DrawingError),
}

impl ExportedView {
    /// Captures the current view in a format. Numbers are not copied here; another thread writes them.
    pub fn of(state: &State, theme: &Theme, kind: FileFormat) -> Self {
        match kind {
            FileFormat::Svg => Self::Svg(picture(state, theme)),
            FileFormat::Png => Self::Png(picture(state, theme)),
            FileFormat::Csv => Self::Csv(ExportTable::of(state)),
        }
    }

    /// Writes it to a new file, completely or not at all. Returns the file's size in bytes.
    pub fn write(&self, path: &Path) -> Result<u64, ExportError> {
        let visible = |path: &Path| crate::policy::text::Visible::of(&path.to_string_lossy()).to_string();
        let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let on_disk = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => ExportError::NoDirectory(visible(directory)),
            _ => ExportError::Disk(visible(path), error),
        };
        let mut file = tempfile::NamedTempFile::new_in(directory).map_err(on_disk)?;
        let mut out = std::io::BufWriter::new(&mut file);
        match self {
            Self::Svg(picture) => out.write_all(picture.svg().as_bytes()),
            Self::Png(picture) => out.write_all(&picture.png(SCALE)?),
            Self::Csv(table) => table.write(&mut out),
        }
        .and_then(|()| out.flush())
        .map_err(on_disk)?;
        drop(out);
        let size = file.as_file().metadata().map_err(on_disk)?.len();
        // Temporary files are private; an exported file need not be.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(mode).map_err(on_disk)?;
        file.persist_noclobber(path).map_err(|error| match error.error.kind() {
            std::io::ErrorKind::AlreadyExists => ExportError::Exists(visible(path)),
            _ => ExportError::Disk(visible(path), error.error),
        })?;
        Ok(size)
    }
}
