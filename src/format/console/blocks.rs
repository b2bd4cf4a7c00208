//! Results below a line that names their subject: names and values indented under `Result for NAME:`, as Ray printed
//! them, and tables under `Evaluation results for NAME:`.

/// The block of one result.
#[derive(Default)]
pub(super) struct ResultBlock {
    /// The trial of the first result.
    of: Option<String>,
    state: BlockState,
    /// The names that head further indented lines, with their indentation.
    heads: Vec<(usize, String)>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum BlockState {
    #[default]
    Closed,
    Open,
    /// Another trial than the first: one curve of both would be meaningless.
    Another,
}

/// The role of a line in a block.
pub(super) enum InBlock {
    /// A name and its value.
    Pair(String, String),
    /// Part of the block, without anything to read.
    Part,
    /// Not part of the block, which has ended.
    Not,
}

impl ResultBlock {
    pub(super) fn is_open(&self) -> bool {
        self.state != BlockState::Closed
    }

    /// Begins the block of a result. False for another trial's, which is not read.
    pub(super) fn open(&mut self, name: &str) -> bool {
        let of = self.of.get_or_insert_with(|| name.to_owned());
        let is_own = *of == name;
        self.state = if is_own { BlockState::Open } else { BlockState::Another };
        self.heads.clear();
        is_own
    }

    /// An empty line ends the block.
    pub(super) fn close(&mut self) {
        self.state = BlockState::Closed;
    }

    /// Reads a line below the first.
    pub(super) fn line(&mut self, text: &str) -> InBlock {
        let indent = text.len() - text.trim_start().len();
        let pair = text.trim().split_once(':').filter(|(name, _)| !name.contains(char::is_whitespace));
        let Some((name, value)) = pair.filter(|_| indent > 0 && self.is_open()) else {
            self.close();
            return InBlock::Not;
        };
        if self.state == BlockState::Another {
            return InBlock::Part;
        }
        self.heads.retain(|(outer, _)| *outer < indent);
        let value = value.trim();
        if value.is_empty() {
            self.heads.push((indent, name.to_owned()));
            return InBlock::Part;
        }
        let path = self.heads.iter().map(|(_, outer)| outer.as_str()).chain([name]);
        InBlock::Pair(path.collect::<Vec<_>>().join("/"), value.to_owned())
    }
}

/// Returns the name in `Result for PPO_CartPole_0:`.
pub(super) fn begun(line: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(line.strip_prefix(b"Result for ")?.strip_suffix(b":")?).ok()?;
    // `Result for val:` heads an evaluation.
    let is_trial = name.rsplit('_').next().is_some_and(|number| number.bytes().any(|byte| byte.is_ascii_digit()));
    (is_trial && !name.contains(char::is_whitespace)).then_some(name)
}

/// Returns the subject of the next table: `bbox` in `Evaluation results for bbox:`.
pub(super) fn results_for(line: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(line).ok()?;
    let (_, name) = text.trim().strip_suffix(':')?.rsplit_once("valuation results for ")?;
    let is_name = |one: char| one.is_alphanumeric() || matches!(one, '_' | '-');
    (!name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned())
}
