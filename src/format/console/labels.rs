//! Task numbers in front of each line, as `srun -l` and others add them: `0: Epoch 1 loss 2.5`. They look like steps,
//! and are not where the line has an epoch of its own.

use super::prefix::Prefix;

/// Maximum number of tasks; a first number that is not smaller is a step.
const FEW: usize = 10;

/// The form of a log's labels, once it is certain.
#[derive(Default)]
pub(super) struct LineLabels {
    style: Option<Style>,
    /// True if the supposed task numbers were something else.
    is_refuted: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `0: `
    Colon,
    /// `[0] `
    Brackets,
}

impl LineLabels {
    /// Records a line with an epoch and a number in front. True when lines must be parsed again from now on: the number
    /// is a task's.
    pub(super) fn learn(&mut self, number: &[u8], in_brackets: bool) -> bool {
        let is_few =
            std::str::from_utf8(number).ok().and_then(|text| text.parse().ok()).is_some_and(|of: usize| of < FEW);
        let is_new = is_few && self.style.is_none() && !self.is_refuted;
        if is_new {
            self.style = Some(if in_brackets { Style::Brackets } else { Style::Colon });
        }
        is_new
    }

    /// Records that the labels count something. True when lines must be parsed again from now on.
    pub(super) fn refute(&mut self) -> bool {
        self.is_refuted = true;
        self.style.take().is_some()
    }

    /// Returns the prefix of a line with its label.
    pub(super) fn with_label(&self, line: &[u8], prefix: Prefix) -> Prefix {
        let Some(style) = self.style.filter(|_| prefix.rank.is_none()) else { return prefix };
        let text = line[prefix.end..].trim_ascii_start();
        let begins = line.len() - text.len();
        let open = usize::from(style == Style::Brackets);
        let is_open = text.first().is_some_and(|first| (*first == b'[') == (open == 1));
        let digits = text.get(open..).map_or(0, |rest| rest.iter().take_while(|byte| byte.is_ascii_digit()).count());
        let end = open + digits;
        let close = if open == 1 { b"] " } else { b": " };
        let is_label = is_open && digits > 0 && text[end..].starts_with(close);
        let rank = std::str::from_utf8(&text[open..open + digits]).ok().and_then(|number| number.parse().ok());
        match rank.filter(|_| is_label) {
            Some(_) => Prefix { end: begins + end + 2, rank, rank_at: Some((begins + open, begins + end)), ..prefix },
            None => prefix,
        }
    }
}
