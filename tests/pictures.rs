//! Pictures and tables of what a view shows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use countersign::ui::{Theme, picture};
use support::Loop;
use support::drive::Driver;

/// Half an hour after the recorded loop ended.
const AFTER_MS: i64 = 1_795_572_600_000;

#[test]
fn dump() {
    let night = Loop::recorded(1000);
    let mut driver = Driver::at(&night, 120, 40, AFTER_MS);
    for (keys, name) in
        [("3", "progress"), ("2[[[x[[xss", "curves"), ("Xhhhht", "tiles"), ("t4", "lineage"), ("1", "inbox")]
    {
        driver.keys(keys);
        let picture = picture(&driver.state, &Theme::dark());
        std::fs::write(format!("/tmp/w/{name}.svg"), picture.svg()).unwrap();
        std::fs::write(format!("/tmp/w/{name}.png"), picture.png(1.0).unwrap()).unwrap();
    }
}
