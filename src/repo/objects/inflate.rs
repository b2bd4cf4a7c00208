//! Decompresses zlib data, never more than requested.

use flate2::{Decompress, FlushDecompress, Status};

use super::ObjectFault;
use super::source::Source;

const BROKEN: &str = "its compressed content is broken";

/// Decompresses one stream at a time.
pub(super) struct Inflater {
    state: Decompress,
    input: Vec<u8>,
    from: usize,
    filled: usize,
    next: u64,
    ended: bool,
}

impl Inflater {
    pub(super) fn new() -> Self {
        Self { state: Decompress::new(true), input: vec![0; 16 << 10], from: 0, filled: 0, next: 0, ended: true }
    }

    /// Starts at an offset of a file.
    pub(super) fn begin(&mut self, at: u64) {
        self.state.reset(true);
        (self.from, self.filled, self.next, self.ended) = (0, 0, at, false);
    }

    /// Fills `out` from the stream and returns the number of bytes; fewer mean that it ended with a valid checksum.
    pub(super) fn read(&mut self, source: &Source, out: &mut [u8]) -> Result<usize, ObjectFault> {
        let mut done = 0;
        while done < out.len() && !self.ended {
            if self.from == self.filled {
                self.filled = source.read_some(self.next, &mut self.input)?;
                self.from = 0;
                self.next += self.filled as u64;
            }
            // Input that was read may still produce output: ask for it even without more input.
            let is_out_of_input = self.filled == 0;
            let (before_in, before_out) = (self.state.total_in(), self.state.total_out());
            let status = self
                .state
                .decompress(&self.input[self.from..self.filled], &mut out[done..], FlushDecompress::None)
                .map_err(|_| ObjectFault::bad(BROKEN))?;
            self.from += (self.state.total_in() - before_in) as usize;
            done += (self.state.total_out() - before_out) as usize;
            self.ended = status == Status::StreamEnd;
            if !self.ended && self.state.total_in() == before_in && self.state.total_out() == before_out {
                let what = if is_out_of_input { "its compressed content ends too early" } else { BROKEN };
                return Err(ObjectFault::bad(what));
            }
        }
        Ok(done)
    }

    /// Fails unless the stream ends here.
    pub(super) fn end(&mut self, source: &Source) -> Result<(), ObjectFault> {
        let mut more = [0; 1];
        match self.read(source, &mut more)? {
            0 => Ok(()),
            _ => Err(ObjectFault::bad("it is longer than its header says")),
        }
    }

    /// Returns the offset after the last used byte.
    pub(super) fn place(&self) -> u64 {
        self.next - (self.filled - self.from) as u64
    }
}
