//! Every integration test, in one program: the library and the C code in it are linked once, `support` is compiled once.
//!
//! A new file of tests becomes a module here. `cargo test --test it -- inbox:: windows::` runs some of them.
//! Tests share a process here. One that counts what the process does, or leaves something behind in it, starts a process
//! of its own: `support::is_alone`.
#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod advice;
mod amendments;
mod attacks;
mod cases;
mod changes;
mod cockpit;
mod commands;
mod conformance;
mod contents;
mod corpus;
mod curve_faults;
mod curve_files;
mod custody;
mod decisions;
mod demo;
mod dialects;
mod doors;
mod faults;
mod forgeries;
mod formats;
mod fuzz;
mod gates;
mod grounds;
mod histories;
mod home;
mod inbox;
mod joins;
mod limits;
mod lineages;
mod live;
mod mcp_python;
mod pictures;
mod power_cuts;
mod readme;
mod recorder;
mod review;
mod review_rounds;
mod run_list;
mod runs;
mod screens;
mod segments;
mod sentences;
mod signatures;
mod soak;
mod tables;
mod terminal;
mod tidy;
mod transaction_model;
mod waits;
mod widths;
mod windows;
