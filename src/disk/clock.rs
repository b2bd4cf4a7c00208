//! The time of this machine.

use std::time::SystemTime;

use jiff::Timestamp;

/// Returns the time, or the last representable one if the clock is later than the year 9999.
pub fn timestamp_now() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::MAX)
}
