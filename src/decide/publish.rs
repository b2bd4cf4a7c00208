//! Publishes decisions to the agent's outbox, after they are on disk. The ledger is authoritative; a failure here is
//! retried at the next opportunity.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{DecideError, Decider};
use crate::approved::ignored_paths;
use crate::approved::{decisions, expected_tip, paused, questions};
use crate::ledger::{Body, Ledger, LoopKey};
use crate::mailbox::{
    MAILBOX_DIR, Mailbox, Note, Outgoing, RegisterEntry, answer_json, read_register, superseded_json,
};
use crate::model::{
    AgentText, Decision, ExperimentId, LoopIdentity, Proposal, ProposalId, ProposalState, TreeId, proposal_states,
};
use crate::policy::text::Visible;

/// Maximum number of decisions in the lessons.
const MOST_LESSONS: usize = 200;

/// The collected proposals of one loop.
#[derive(Clone, Default)]
pub(super) struct Register {
    pub(super) proposals: Vec<Arc<Proposal>>,
    /// Aliases of proposals.
    pub(super) aliases: Vec<(ProposalId, ProposalId)>,
}

/// The register as it was last read, with the lengths of its file and of the ledger at that time.
pub(super) type PublishedList = ((u64, u64), Arc<Register>);

impl Register {
    pub(super) fn standing(&self, ledger: &Ledger, identity: &LoopIdentity) -> HashMap<ProposalId, ProposalState> {
        proposal_states(&self.proposals, &decisions(ledger.chain(), identity))
    }

    /// Returns the proposals without an answer, oldest first.
    pub(super) fn pending(&self, ledger: &Ledger, identity: &LoopIdentity) -> Vec<Arc<Proposal>> {
        let standing = self.standing(ledger, identity);
        let pending = |one: &&Arc<Proposal>| standing.get(&one.id) == Some(&ProposalState::Pending);
        self.proposals.iter().filter(pending).cloned().collect()
    }
}

/// The error of publishing everything again.
pub fn not_updated(why: impl std::fmt::Display) -> String {
    format!("the mailbox could not be updated: {why}")
}

impl Decider {
    /// Returns the collected proposals that the ledger vouches for: lines that somebody else added or changed are left
    /// out.
    pub(super) fn register(&self, ledger: &Ledger) -> Result<Arc<Register>, DecideError> {
        let path = self.repo.own_path("proposals.jsonl")?;
        // The list only grows, and nobody else appends while the ledger's lock is held.
        let chain = ledger.chain();
        let length = (std::fs::metadata(&path).map_or(0, |meta| meta.len()), chain.seq());
        if let Some((known, register)) = &*self.register.borrow()
            && *known == length
        {
            return Ok(Arc::clone(register));
        }
        let read = read_register(&path, 0).map_err(|source| DecideError::Mailbox { path, source })?;
        let (names, took) = (chain.names_of(&self.identity), chain.collected_lines());
        let is_taken = |(hash, taken): &(String, RegisterEntry)| {
            names.iter().any(|name| name == taken.loop_key())
                && took.as_ref().is_none_or(|took| took.contains_key(&**hash))
        };
        let mut taken: Vec<(String, RegisterEntry)> = read.taken.into_iter().filter(is_taken).collect();
        // Each line once, in the order of its record: a repeated line replaces nothing.
        taken.sort_by_key(|(hash, _)| took.as_ref().and_then(|took| took.get(hash.as_str()).copied()));
        taken.dedup_by(|a, b| a.0 == b.0);
        let mut register = Register::default();
        for (_, taken) in taken {
            match taken {
                RegisterEntry::Proposal { proposal, .. } => register.proposals.push((*proposal).into()),
                RegisterEntry::Alias { id, of, .. } => register.aliases.push((id, of)),
            }
        }
        let register = Arc::new(register);
        *self.register.borrow_mut() = Some((length, Arc::clone(&register)));
        Ok(register)
    }

    /// Publishes the states of proposals about some experiments.
    pub(super) fn publish_about(&self, ledger: &Ledger, experiments: &[&ExperimentId]) {
        let wanted: HashSet<&ExperimentId> = experiments.iter().copied().collect();
        self.try_publish(ledger, &|proposal| wanted.contains(&proposal.experiment()));
    }

    /// Publishes everything again: decisions that were not published, and files that a `git clean` removed. Does
    /// nothing in a loop without proposals.
    pub fn republish(&self) -> Result<(), DecideError> {
        if !self.repo.own_path("proposals.jsonl")?.exists() {
            return Ok(());
        }
        let ledger = self.ready()?;
        self.publish(&ledger, &*self.register(&ledger)?, &|_| true)
    }

    /// Publishes as far as possible: the decision stands even if its agent cannot be notified.
    fn try_publish(&self, ledger: &Ledger, wanted: &dyn Fn(&Proposal) -> bool) {
        let published = self.register(ledger).and_then(|register| self.publish(ledger, &register, wanted));
        if let Err(error) = published {
            *self.unreported.borrow_mut() =
                Some(format!("it is on disk, but the agent could not be notified: {error}"));
        }
    }

    pub(super) fn publish(
        &self,
        ledger: &Ledger,
        register: &Register,
        wanted: &dyn Fn(&Proposal) -> bool,
    ) -> Result<(), DecideError> {
        match self.publish_each(ledger, register, wanted)?.into_iter().next() {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }

    /// Publishes the state of each wanted proposal. Returns those that failed; a failure does not stop the others.
    pub(super) fn publish_each(
        &self,
        ledger: &Ledger,
        register: &Register,
        wanted: &dyn Fn(&Proposal) -> bool,
    ) -> Result<Vec<(ProposalId, DecideError)>, DecideError> {
        let io = |source| DecideError::Mailbox { path: self.dir.join(MAILBOX_DIR), source };
        let notes = self.notes(ledger);
        let mailbox = match Mailbox::open(&self.dir).map_err(io)? {
            Some(mailbox) => mailbox,
            // A `git clean` removed the mailbox: create it again.
            None if !register.proposals.is_empty() => Mailbox::make(&self.dir).map_err(io)?,
            None => return Ok(Vec::new()),
        };
        let decided = decisions(ledger.chain(), &self.identity);
        let standing = proposal_states(&register.proposals, &decided);
        let asked = questions(ledger.chain(), &self.identity);
        let mut aliases: HashMap<&ProposalId, Vec<&ProposalId>> = HashMap::new();
        for (alias, of) in &register.aliases {
            aliases.entry(of).or_default().push(alias);
        }
        let mut untold = Vec::new();
        for proposal in register.proposals.iter().filter(|proposal| wanted(proposal)) {
            for name in std::iter::once(&proposal.id).chain(aliases.remove(&proposal.id).unwrap_or_default()) {
                let outgoing = match standing.get(&proposal.id) {
                    Some(ProposalState::Answered(index)) => {
                        self.answer_to(name, proposal, &mailbox, ledger, &decided[*index])
                    }
                    Some(ProposalState::Superseded(by)) => superseded_json(name, proposal, by)
                        .map(|json| Outgoing::Answer(name.clone(), json))
                        .map_err(|error| io(error.into())),
                    _ => {
                        let own = asked.iter().filter(|question| question.proposal == proposal.id).cloned().collect();
                        Ok(Outgoing::Pending(name.clone(), proposal.collected_ms, own))
                    }
                };
                if let Err(error) = outgoing.and_then(|outgoing| mailbox.write(&outgoing).map_err(io)) {
                    untold.push((proposal.id.clone(), error));
                }
            }
        }
        mailbox.put_notes(&notes).map_err(io)?;
        mailbox.put_paused(paused(ledger.chain())).map_err(io)?;
        let lessons = self.policy(ledger).is_ok_and(|policy| policy.lessons);
        mailbox.put_lessons(lessons.then(|| lessons_of(&register.proposals, &decided)).as_deref()).map_err(io)?;
        Ok(untold)
    }

    /// Returns the answer that an agent gets to its proposal.
    fn answer_to(
        &self,
        name: &ProposalId,
        proposal: &Proposal,
        mailbox: &Mailbox,
        ledger: &Ledger,
        decision: &Decision,
    ) -> Result<Outgoing, DecideError> {
        let proposed = self.repo.tree_id(proposal.head).ok();
        let bundle = self.bundle(mailbox, ledger, decision)?;
        let is_as_proposed = self.is_as_proposed(ledger, proposed, decision);
        let json = answer_json(name, proposal, proposed, is_as_proposed, bundle.as_deref(), decision);
        let json =
            json.map_err(|error| DecideError::Mailbox { path: self.dir.join(MAILBOX_DIR), source: error.into() })?;
        Ok(Outgoing::Answer(name.clone(), json))
    }

    /// True if the committed tree is the proposed one, apart from ignored paths. A tree that cannot be compared counts
    /// as different.
    fn is_as_proposed(&self, ledger: &Ledger, proposed: Option<TreeId>, decision: &Decision) -> bool {
        let Some(approved) = decision.tree.filter(|_| decision.is_approval()) else { return true };
        let Some(proposed) = proposed else { return false };
        if approved == proposed {
            return true;
        }
        let same = || -> Result<bool, DecideError> {
            let ignored = ignored_paths(&self.repo, &self.identity, &self.policy(ledger)?);
            Ok(self.repo.scratch()?.same_except_ignored(approved, proposed, &ignored)?)
        };
        same().unwrap_or(false)
    }

    /// Writes the approved commit as a bundle file for the agent, if approvals are kept in a separate repository.
    fn bundle(&self, mailbox: &Mailbox, ledger: &Ledger, decision: &Decision) -> Result<Option<String>, DecideError> {
        let Some(commit) = decision.commit.filter(|_| self.repo.has_home() && decision.is_approval()) else {
            return Ok(None);
        };
        let policy = self.policy(ledger)?;
        let branch = self.branch(&policy, ledger);
        let Some((start, _)) = expected_tip(ledger.chain(), &branch) else { return Ok(None) };
        let make = || self.repo.bundle(&branch, start, commit).map_err(DecideError::from);
        mailbox.put_bundle(commit, make).map(Some)
    }

    fn notes(&self, ledger: &Ledger) -> Vec<Note> {
        let key = LoopKey::from(&self.identity);
        let own = ledger.chain().entries.iter().filter(|entry| entry.loop_key == key);
        own.filter_map(|entry| match &entry.record.body {
            Body::Note { text, reviewer } => Some(Note {
                seq: entry.record.seq,
                text: text.clone(),
                reviewer: reviewer.clone(),
                at: entry.record.at.to_string(),
            }),
            _ => None,
        })
        .collect()
    }
}

/// Returns the lessons for the agent: what a person decided on, newest first, with the person's words. Leaves out which
/// check fired, and what a policy or a fact answered.
fn lessons_of(proposals: &[Arc<Proposal>], decided: &[Decision]) -> String {
    let titles: HashMap<&ProposalId, &AgentText> = proposals.iter().map(|one| (&one.id, &one.title)).collect();
    let mut text = String::from("# What was tried in this loop, with the reviewer's comments\n");
    for decision in decided.iter().rev().filter(|decision| !decision.by_policy).take(MOST_LESSONS) {
        let title = decision.proposal.as_ref().and_then(|id| titles.get(id));
        let title = match title {
            // The agent's own words go back to it as one line.
            Some(title) => Visible::line(title).fit(160),
            None => decision.experiment.as_str().chars().take(12).collect(),
        };
        text.push_str(&format!("\n- {title}: {}. {}\n", decision.kind.word(), one_line(&decision.reason)));
        for comment in &decision.comments {
            text.push_str(&format!("  - {}\n", one_line(&comment.body)));
        }
    }
    text
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
