//! The colours of pictures, on white: distinguishable with colour blindness (after Okabe and Ito).

use crate::ui::chart::CurveRole;
use crate::vector::Colour;

pub(super) const PAPER: Colour = Colour(255, 255, 255);
pub(super) const TEXT: Colour = Colour(32, 36, 40);
pub(super) const MUTED: Colour = Colour(110, 118, 126);
pub(super) const GRID: Colour = Colour(228, 231, 234);
pub(super) const WARNING: Colour = Colour(176, 84, 0);
pub(super) const KEPT: Colour = Colour(0, 158, 115);
pub(super) const DISCARDED: Colour = Colour(176, 182, 188);
pub(super) const BAD: Colour = Colour(213, 94, 0);
pub(super) const BEST: Colour = Colour(0, 130, 95);
pub(super) const BOUND: Colour = Colour(120, 80, 160);
pub(super) const EXPECTED: Colour = Colour(0, 96, 160);

/// Returns the colour of a curve.
pub(super) fn of(role: CurveRole) -> Colour {
    const OVERLAYS: [Colour; 6] = [
        Colour(213, 94, 0),
        Colour(0, 158, 115),
        Colour(204, 121, 167),
        Colour(120, 80, 160),
        Colour(150, 120, 0),
        Colour(86, 180, 233),
    ];
    match role {
        CurveRole::Main => Colour(0, 114, 178),
        CurveRole::Base => Colour(130, 136, 142),
        CurveRole::Overlay(at) => OVERLAYS[at % OVERLAYS.len()],
    }
}
