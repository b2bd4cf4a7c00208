//! What a view shows as a file: a picture, or a table. Nothing that is there is overwritten.

mod table;

use std::io::Write as _;
use std::path::Path;

use crate::app::State;
use crate::ui::{Theme, picture};
use crate::vector::{Drawing, DrawingError};

pub use table::ExportTable;

/// Pixels of a PNG for each of the picture's: sharp on a screen of twice the resolution.
const SCALE: f64 = 2.0;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// A picture that can be scaled.
    Svg,
    /// A picture of pixels.
    Png,
    /// The numbers themselves.
    Csv,
}

impl FileFormat {
    /// By the ending of a file's name; `None` for any other.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "svg" => Some(Self::Svg),
            "png" => Some(Self::Png),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// What a view showed, to be written.
#[derive(Debug)]
pub enum ExportedView {
    /// As SVG.
    Svg(Drawing),
    /// As PNG.
    Png(Drawing),
    /// As CSV.
    Csv(ExportTable),
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A file is there, and stays.
    #[error("{0} is there already, and nothing is overwritten: choose another name")]
    IsThere(String),
    /// There is no such folder.
    #[error("the folder {0} is not there: make it, or choose another")]
    NoFolder(String),
    /// The disk said no.
    #[error("{0} could not be written: {1}; nothing is there now: choose another folder")]
    Disk(String, std::io::Error),
    /// There is no such picture.
    #[error(transparent)]
    Picture(#[from] DrawingError),
}

impl ExportedView {
    /// What the current view shows, as a kind of file. Numbers are not copied: writing them is for another thread.
    pub fn of(state: &State, theme: &Theme, kind: FileFormat) -> Self {
        match kind {
            FileFormat::Svg => Self::Svg(picture(state, theme)),
            FileFormat::Png => Self::Png(picture(state, theme)),
            FileFormat::Csv => Self::Csv(ExportTable::of(state)),
        }
    }

    /// Writes it to a file that is not there yet: whole, or not at all. How many bytes it has.
    pub fn write(&self, path: &Path) -> Result<u64, ExportError> {
        let visible = |path: &Path| crate::policy::text::Visible::of(&path.to_string_lossy()).to_string();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let on_disk = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => ExportError::NoFolder(visible(folder)),
            _ => ExportError::Disk(visible(path), error),
        };
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(on_disk)?;
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
        // It is for others: what a temporary file hides, a picture need not.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(mode).map_err(on_disk)?;
        file.persist_noclobber(path).map_err(|error| match error.error.kind() {
            std::io::ErrorKind::AlreadyExists => ExportError::IsThere(visible(path)),
            _ => ExportError::Disk(visible(path), error.error),
        })?;
        Ok(size)
    }
}
