//! The colours of pictures, on white: distinguishable with colour blindness (after Okabe and Ito).

use crate::ui::chart::CurveRole;
use crate::vector::Ink;

pub(super) const PAPER: Ink = Ink(255, 255, 255);
pub(super) const TEXT: Ink = Ink(32, 36, 40);
pub(super) const MUTED: Ink = Ink(110, 118, 126);
pub(super) const GRID: Ink = Ink(228, 231, 234);
pub(super) const WARNING: Ink = Ink(176, 84, 0);
pub(super) const KEPT: Ink = Ink(0, 158, 115);
pub(super) const DISCARDED: Ink = Ink(176, 182, 188);
pub(super) const BAD: Ink = Ink(213, 94, 0);
pub(super) const BEST: Ink = Ink(0, 130, 95);
pub(super) const BOUND: Ink = Ink(120, 80, 160);
pub(super) const EXPECTED: Ink = Ink(0, 96, 160);

/// Returns the colour of a curve.
pub(super) fn of(role: CurveRole) -> Ink {
    const OVERLAYS: [Ink; 6] =
        [Ink(213, 94, 0), Ink(0, 158, 115), Ink(204, 121, 167), Ink(120, 80, 160), Ink(150, 120, 0), Ink(86, 180, 233)];
    match role {
        CurveRole::Main => Ink(0, 114, 178),
        CurveRole::Base => Ink(130, 136, 142),
        CurveRole::Overlay(at) => OVERLAYS[at % OVERLAYS.len()],
    }
}
