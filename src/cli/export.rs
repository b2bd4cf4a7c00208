//! `countersign export`: saves a view to a file.

use std::path::Path;

use color_eyre::eyre::eyre;

use crate::app::{EXTENSIONS, ViewKind};
use crate::cli::args::{DisplayOptions, visible_path};
use crate::cli::{Code, StdoutBuffer, find};
use crate::export::{ExportedView, FileFormat};
use crate::runtime::headless::Headless;
use crate::ui::Theme;

pub(super) fn run(
    out: &mut StdoutBuffer,
    dir: &Path,
    view: ViewKind,
    path: &Path,
    experiment: Option<&String>,
    display: &DisplayOptions,
) -> color_eyre::Result<Code> {
    let kind =
        FileFormat::of(path).ok_or_else(|| eyre!("{}: the file name must end in {EXTENSIONS}", visible_path(path)))?;
    let mut rest = Headless::open(dir, (display.width, display.height))?;
    display.apply(&mut rest.state)?;
    let chosen = experiment.map(|word| find(&rest.state.snapshot, word)).transpose()?;
    rest.state.open_view(view, chosen);
    rest.state.curves.plot.grid = display.metric.is_some();
    rest.settle();
    let bytes = ExportedView::of(&rest.state, &Theme::dark(), kind).write(path)?;
    out.line(format!("saved {}, {} KB", visible_path(path), bytes.div_ceil(1000)))?;
    let snapshot = &rest.state.snapshot;
    if snapshot.segments.len() > 1 && matches!(view, ViewKind::Progress | ViewKind::Knobs) {
        let (at, count) = (snapshot.shown + 1, snapshot.segments.len());
        out.line(format!("it contains only the newest segment ({at} of {count}); export lineage for all experiments"))?;
    }
    Ok(Code::Good)
}
