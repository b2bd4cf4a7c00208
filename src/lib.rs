pub mod format;
pub mod model;
pub mod policy;
pub mod repo;
pub mod series;
