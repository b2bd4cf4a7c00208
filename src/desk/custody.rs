//! What a person does about a ledger that is not as they left it: each way is on record, and nothing is healed in
//! silence.

use super::recorded::By;
use super::{Desk, DeskError};
use crate::ledger::{Anchor, Body, Chain, Custody, Doubt, Entry, Ledger, line_hash};
use crate::observe::read_policy;
use crate::policy::Policy;
use crate::repo::Person;

/// A ledger in doubt, as a person has to see it before they settle it.
#[derive(Clone, Debug)]
pub struct InDoubt {
    /// What is wrong.
    pub doubt: Doubt,
    /// Records that somebody else appended.
    pub foreign: Vec<Entry>,
    /// Records that the ledger has without those.
    pub records: u64,
    /// Hash of all that is in it, so that nothing else is settled than what was shown.
    content: String,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Take the foreign records out, into a file beside the ledger.
    Strike,
    /// Vouch for the ledger as it is.
    Adopt,
    /// The repository was moved: the ledger goes with it.
    Moved,
    /// A ledger of its own: for a copy with all that stands in it, else from nothing.
    New,
}

impl Settlement {
    /// The word that a person types for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Strike => "strike",
            Self::Adopt => "adopt",
            Self::Moved => "moved",
            Self::New => "new",
        }
    }

    /// True where this settles that doubt.
    pub fn settles(self, doubt: &Doubt) -> bool {
        match doubt {
            Doubt::Foreign { .. } => matches!(self, Self::Strike | Self::Adopt),
            Doubt::Cut { found: 0, .. } | Doubt::Replaced { .. } | Doubt::Elsewhere { .. } => self == Self::New,
            Doubt::Rewritten { .. } | Doubt::Cut { .. } | Doubt::Unanchored { .. } => self == Self::Adopt,
            Doubt::Copy { is_whole: true, stands: false, .. } => matches!(self, Self::Moved | Self::New),
            Doubt::Copy { .. } => self == Self::New,
        }
    }
}

/// The hash of the last line speaks for all before it; what is torn is beside that.
fn content(chain: &Chain) -> String {
    let torn = chain.torn.as_ref().map_or(&[] as &[u8], |torn| &torn.bytes);
    line_hash(&[chain.tip().as_bytes(), torn].concat())
}

impl Desk {
    /// What is wrong with the ledger; `None` when it is as the person left it.
    pub fn doubt(&self) -> Result<Option<InDoubt>, DeskError> {
        let (ledger, custody) = self.locked_in_doubt()?;
        let Some(doubt) = custody.doubt else { return Ok(None) };
        let entries = &ledger.chain().entries;
        let foreign = match doubt {
            Doubt::Foreign { .. } => entries.iter().skip(custody.believed as usize).cloned().collect(),
            _ => Vec::new(),
        };
        let records = entries.len() as u64 - foreign.len() as u64;
        Ok(Some(InDoubt { doubt, foreign, records, content: content(ledger.chain()) }))
    }

    /// Settles a doubt as it was shown. Says which record tells of it.
    pub fn settle_doubt(&self, shown: &InDoubt, how: Settlement, reason: &str) -> Result<u64, DeskError> {
        let (mut ledger, custody) = self.locked_in_doubt()?;
        if custody.doubt.as_ref() != Some(&shown.doubt) || content(ledger.chain()) != shown.content {
            return Err(DeskError::Changed("the ledger is not what was shown".to_owned()));
        }
        let shown = &shown.doubt;
        if !how.settles(shown) {
            return Err(DeskError::NobodyAsks("that does not settle it"));
        }
        if how == Settlement::Adopt && ledger.chain().torn.is_some() && matches!(shown, Doubt::Foreign { .. }) {
            return Err(DeskError::NobodyAsks("a line that is no record can be struck, and not be adopted"));
        }
        let person = self.person()?;
        let reason = reason.trim().to_owned();
        // What somebody else appended to a copy goes with nobody.
        if matches!(shown, Doubt::Copy { is_whole: true, .. }) && custody.believed < ledger.chain().seq() {
            ledger.strike(custody.believed)?;
        }
        let whole = ledger.chain().seq();
        // Nothing that is settled here says whether that has to be signed.
        let policy = self.policy_at(&ledger, custody.believed)?;
        let (mut ledger, body) = match how {
            Settlement::Strike => {
                let (lines, sha256, kept_in) = ledger.strike(custody.believed)?;
                let body = Body::Struck { lines, sha256, kept_in, reviewer: person.to_string(), reason };
                (ledger.anchored(self.anchors.clone(), &custody), body)
            }
            Settlement::Adopt => {
                let (from, to) = match shown {
                    Doubt::Foreign { from, .. } => (*from, whole),
                    _ => (1, whole),
                };
                let hash = ledger.chain().tip().to_owned();
                let what = shown.to_string();
                let body = Body::AdoptedRecords { from, to, hash, what, reviewer: person.to_string(), reason };
                let custody = Custody { believed: whole, ..custody };
                (ledger.anchored(self.anchors.clone(), &custody), body)
            }
            Settlement::Moved => {
                let body = self.moved(&custody.anchor, &person, reason);
                (ledger.anchored(self.anchors.clone(), &custody), body)
            }
            Settlement::New => return self.begin_anew(ledger, &custody, &person, reason),
        };
        let seq = self.record(&mut ledger, &policy, By::Person(&person), body)?.record.seq;
        ledger.close()?;
        Ok(seq)
    }

    /// The policy as the first records of a ledger have it.
    fn policy_at(&self, ledger: &Ledger, records: u64) -> Result<Policy, DeskError> {
        let mut chain = ledger.chain().clone();
        chain.believe(records);
        read_policy(&self.repo, &chain, &self.identity).map_err(DeskError::Policy)
    }

    /// The ledger and its loops go on in another place.
    fn moved(&self, anchor: &Anchor, person: &Person, reason: String) -> Body {
        const BELOW: &str = "/.git/countersign/ledger.jsonl";
        let to = self.ledger.to_string_lossy().into_owned();
        let here = &self.identity.work_tree;
        let (from_tree, to_tree) = match (anchor.ledger.strip_suffix(BELOW), to.strip_suffix(BELOW)) {
            // Only .git was moved.
            _ if anchor.work_trees.contains(here) => (here.clone(), here.clone()),
            (Some(from), Some(to)) => (from.to_owned(), to.to_owned()),
            _ => (anchor.work_trees.last().unwrap_or(here).clone(), here.clone()),
        };
        Body::Moved { from: anchor.ledger.clone(), to, from_tree, to_tree, reviewer: person.to_string(), reason }
    }

    fn begin_anew(
        &self,
        mut ledger: Ledger,
        custody: &Custody,
        person: &Person,
        reason: String,
    ) -> Result<u64, DeskError> {
        let by = By::Person(person);
        let is_copy = matches!(custody.doubt, Some(Doubt::Copy { .. }));
        let after = match (is_copy, custody.lost.last()) {
            (false, Some(lost)) => Some(lost.id.clone()).filter(|id| !id.is_empty()),
            _ => ledger.chain().identity().map(str::to_owned),
        };
        // What lies in the place of a lost ledger is nothing that a person vouches for.
        if !is_copy && ledger.chain().seq() > 0 {
            ledger.strike(0)?;
        }
        let policy = self.policy(&ledger)?;
        // The person vouches for all that is in a copy.
        let custody = &Custody { believed: ledger.chain().seq(), ..custody.clone() };
        let mut ledger = ledger.anchored(self.anchors.clone(), custody);
        let opened = self.opened(after, person.to_string(), reason)?;
        let seq = self.append(&mut ledger, &policy, by, opened)?.record.seq;
        self.begin(&mut ledger, &policy, by)?;
        ledger.close()?;
        for lost in &custody.lost {
            self.anchors.forget(lost)?;
        }
        Ok(seq)
    }
}
