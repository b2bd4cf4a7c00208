//! Watches a run directory: changes become facts, and facts become snapshots.
//!
//! One thread reads. Notify events wake it, and so does a slow poll, because network file systems send no events. It
//! never writes into the work tree. It writes the store and pins, and only when asked to record.

mod beginning;
mod branch_state;
mod curves;
mod error;
mod filesystem;
mod held;
mod host;
mod listing;
mod proposals;
mod reasons;
mod recording;
mod rows;
mod rules;
mod tail;
mod thread;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

pub use curves::{RunCurves, read_curves, read_directory};
pub use error::{Unreadable, WatchError};
pub use filesystem::network_kind;
pub use host::HostReader;
pub use thread::{Method, Options, View, Watcher, try_events};

use crate::approved::{
    approved_branch, branches_gone, decisions, earlier_name, loop_branch, own_records, policy_change, read_own_policy,
    read_policy, renamed_warning, usual_editable_here,
};
use crate::format::{DetectedSource, FoundBeside, IgnoredPaths, TableRules, detect, detect_curves, detect_mailbox};
use crate::ledger::{Anchors, Chain};
use crate::model::{
    CommitId, Decision, ExperimentId, Fact, Facts, History, LoopFormat, LoopIdentity, PassedOver, Snapshot, Warning,
    fold,
};
use crate::policy::Policy;
use crate::repo::{HeadState, HistoryCache, Places, Repo, RepoError, RepoStamp, Tips, pin, read_history};
use beginning::{Beginning, LoopHead};
use curves::{CurveFollower, Discovery};
use held::{LedgerRead, ReadLedger};
use listing::{instructions, listing, tables_below, unread};
use proposals::Proposals;
use recording::RecordingState;
use rows::RowFollower;

/// The remedy for objects that a partial clone did not fetch.
const MISSING: &str = ": this is a partial clone, git fetch --refetch --no-filter fetches the missing objects";

/// Milliseconds since the epoch, by this machine's clock.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// A watched run directory.
pub struct Watched {
    /// The run directory by the name it was given.
    asked: PathBuf,
    dir: PathBuf,
    places: Places,
    record: bool,
    repo: Result<Repo, RepoError>,
    recognised: DetectedSource,
    /// The table that the policy named when the directory was recognised.
    wanted: Option<String>,
    /// The ledger, as it was last read.
    held: LedgerRead,
    policy: Policy,
    /// The policy of the last view.
    shown_policy: Arc<Policy>,
    policy_trouble: Option<String>,
    /// The loop's instructions.
    instructions: Arc<str>,
    rows: RowFollower,
    curves: CurveFollower,
    head: HeadState,
    stamp: Option<RepoStamp>,
    /// The reason why git is not read, if reading one of its files would block.
    blocked: Option<String>,
    cells: Arc<[String]>,
    learned: HistoryCache,
    proposals: Proposals,
    pinned: HashSet<CommitId>,
    /// Commits that were found and are not pinned yet.
    to_pin: Vec<CommitId>,
    /// True if pinning failed the last time.
    pins_failed: bool,
    facts: Facts,
    recording: RecordingState,
    /// Entries in the directory that a person may have taken for the loop's, and that are not read.
    noticed: Vec<PassedOver>,
}

impl Watched {
    /// Recognises a run directory, to read it. `places` are the person's, or only their state directory.
    pub fn open(dir: &Path, places: impl Into<Places>) -> Result<Self, WatchError> {
        Self::recognise(dir, places.into(), false)
    }

    /// Recognises a run directory, to read it, pin its commits and write the store.
    pub fn open_to_record(dir: &Path, places: impl Into<Places>) -> Result<Self, WatchError> {
        Self::recognise(dir, places.into(), true)
    }

    fn recognise(dir: &Path, places: Places, record: bool) -> Result<Self, WatchError> {
        let asked = dir.to_owned();
        let dir = dir.canonicalize().map_err(|source| WatchError::NoDirectory { path: dir.to_owned(), source })?;
        let listed = listing(&dir)?;
        let has_mailbox = || crate::mailbox::Mailbox::open(&dir).is_ok_and(|mailbox| mailbox.is_some());
        let mut repo = Repo::open_with(&asked, places.home.as_deref());
        // The person's own policy comes first: it may name the table.
        let held = LedgerRead::of(repo.as_ref().ok(), &places);
        let own = repo.as_ref().ok().and_then(|repo| read_own_policy(repo, held.chain()).ok());
        let wanted = own.and_then(|policy| policy.results);
        let recognised = detect(&listed, wanted.as_deref()).or_else(|| has_mailbox().then(|| detect_mailbox(&listed)));
        let alone = || {
            let alone = detect_curves(&listed);
            let mut discovery = Discovery::whole(&dir);
            let found = discovery.poll(0, &HashSet::new());
            let has_curves = !alone.logs.is_empty() || found.is_some_and(|places| !places.is_empty());
            if has_curves {
                return Ok(alone);
            }
            let mut seen = unread(&dir, &listed, FoundBeside::Nothing);
            let others =
                discovery.passed_over().iter().filter(|other| !seen.iter().any(|seen| seen.path == other.path));
            seen.extend(others.cloned().collect::<Vec<_>>());
            Err(seen)
        };
        let recognised = recognised.map_or_else(alone, Ok);
        let recognised =
            recognised.map_err(|seen| WatchError::NotALoop(dir.clone(), Unreadable(seen), nearby(&dir)))?;
        if let Ok(opened) = &mut repo
            && record
            && let Err(error) = opened.create_home()
        {
            repo = Err(error);
        }
        let mut curves = CurveFollower::new(&dir, &[], Discovery::below(&dir));
        curves.set_tables(tables(&recognised));
        let is_without = matches!(recognised.format, LoopFormat::Curves | LoopFormat::Proposals);
        let mut noticed = if is_without { unread(&dir, &listed, FoundBeside::Others) } else { Vec::new() };
        noticed.extend(own_repository(&dir, &recognised));
        let mut watched = Self {
            rows: RowFollower::new(&dir, &recognised, TableRules::default()),
            instructions: instructions(&dir),
            curves,
            asked,
            dir,
            places,
            record,
            repo,
            recognised,
            wanted,
            held,
            policy: Policy::standard(),
            shown_policy: Arc::new(Policy::standard()),
            policy_trouble: None,
            head: HeadState::default(),
            stamp: None,
            blocked: None,
            cells: Arc::default(),
            learned: HistoryCache::default(),
            proposals: Proposals::default(),
            pinned: HashSet::new(),
            to_pin: Vec::new(),
            pins_failed: false,
            facts: Facts::default(),
            recording: RecordingState::default(),
            noticed,
        };
        watched.look_at_policy();
        watched.look_at_head();
        watched.curves = watched.new_curves();
        Ok(watched)
    }

    /// Reads everything once and pins new commits; true if anything changed.
    pub fn poll(&mut self, now_ms: i64) -> bool {
        let changed = self.poll_without_pin(now_ms);
        self.pin() | changed
    }

    /// Pins commits that were found and are not pinned yet: with thousands of experiments this takes longer than
    /// finding them. True if its outcome has to be reported.
    pub(super) fn pin(&mut self) -> bool {
        let (Ok(repo), false) = (&self.repo, self.to_pin.is_empty()) else { return false };
        let new = std::mem::take(&mut self.to_pin);
        let mut warnings = Vec::new();
        match pin(repo, new.iter().copied()) {
            Ok(_) => self.pinned.extend(new),
            Err(error) => {
                let message = format!("cannot pin experiments: {error}");
                warnings.push(Warning { path: ".git".into(), line: 0, end_line: 0, message });
            }
        }
        let reported = std::mem::replace(&mut self.pins_failed, !warnings.is_empty()) || self.pins_failed;
        self.facts.apply(Fact::Warnings("pins", warnings));
        reported
    }

    /// Reads only the logs: true if anything changed. Other changes are found by the next full read. `None` if a run
    /// may have begun: then the row of the run before it may be there, and the loop and the commit may have changed, so
    /// a full read is needed.
    pub(super) fn poll_logs(&mut self, now_ms: i64) -> Option<bool> {
        if self.curves.begins_a_run() {
            return None;
        }
        let repo = self.repo.as_ref().ok().filter(|_| self.blocked.is_none());
        let start = Beginning {
            head: LoopHead::Now(repo),
            repo: repo.filter(|_| self.is_recording()),
            ignored: self.ignored(),
        };
        Some(self.curves.read_logs(&mut self.facts, &start, now_ms, Vec::new()))
    }

    /// Reads everything once; true if anything changed.
    pub(super) fn poll_without_pin(&mut self, now_ms: i64) -> bool {
        let mut changed = self.update_recording(now_ms);
        changed |= self.rows.poll(&mut self.facts);
        let (was_blocked, is_blocked) = self.check_places();
        changed |= was_blocked != is_blocked;
        let stamp = self.repo.as_ref().ok().map(Repo::stamp);
        let moved = (stamp.is_none() || stamp != self.stamp || was_blocked) && !is_blocked;
        if moved {
            self.look_at_head();
        }
        // The head first: a log's first byte is bound to the commit the loop is on at that moment.
        let start = Beginning {
            head: LoopHead::Seen(self.head.commit),
            repo: self.repo.as_ref().ok().filter(|_| self.is_recording() && !is_blocked),
            ignored: self.ignored(),
        };
        changed |= self.curves.poll(&mut self.facts, &start, now_ms);
        let metric = self.rows.metric();
        if let Err(message) = self.curves.bind_rows(self.rows.fresh(), metric.as_deref(), &mut self.facts, now_ms) {
            let warning = Warning { path: "archive.db".into(), line: 0, end_line: 0, message };
            self.facts.apply(Fact::Warnings("archive", vec![warning]));
        }
        let cells = Arc::clone(self.rows.cells());
        let identity = self.identity();
        let known = self.proposals.read();
        let proposed = match &self.repo {
            Ok(_) if is_blocked => false,
            Ok(repo) => self.proposals.poll(&self.dir, repo, &identity, &mut self.facts),
            Err(_) => false,
        };
        changed |= proposed;
        let is_longer = self.proposals.read() != known;
        let is_new = cells != self.cells || (moved && stamp != self.stamp) || self.stamp.is_none() && changed;
        if !is_blocked && (is_new || was_blocked || is_longer) {
            let policy = self.policy.clone();
            let read = ReadLedger::of(self.repo.as_ref().ok(), &self.places);
            self.held = read.held.clone();
            // The decision that was just made may define which loop this is.
            self.facts.apply(Fact::Identity(self.identity()));
            self.look_at_policy();
            // A decision of ours changes nothing in the loop's history.
            let is_ours =
                !is_longer && cells == self.cells && policy == self.policy && self.only_ours_moved(stamp.as_ref());
            self.cells = cells;
            let being_decided = self.read_git(is_ours, read);
            // If the deciding process is killed, no event follows: it has to be read again.
            self.stamp = stamp.filter(|_| !being_decided);
            changed = true;
        }
        changed
    }

    /// Checks whether reading git would block on one of its files: then it is not read, and that is reported. Returns
    /// whether it was so before, and whether it is so now.
    fn check_places(&mut self) -> (bool, bool) {
        if matches!(self.repo, Err(RepoError::WouldBlock { .. })) {
            self.repo = Repo::open_with(&self.asked, self.places.home.as_deref()).and_then(|mut repo| {
                if self.record {
                    repo.create_home()?;
                }
                Ok(repo)
            });
        }
        let looked = self.repo.as_ref().map(Repo::refuse_blocking);
        let trouble = match looked {
            Ok(Err(error)) => Some(error.to_string()),
            Ok(Ok(())) | Err(_) => None,
        };
        let was_blocked = self.blocked.is_some();
        if trouble != self.blocked
            && let Some(trouble) = &trouble
        {
            self.facts.apply(Fact::Approved(Arc::new(branch_state::none(trouble.clone()))));
        }
        self.blocked = trouble;
        (was_blocked, self.blocked.is_some())
    }

    /// The current state of the loop and the policy in force, at the cost of the changes since the last call.
    pub(super) fn view(&mut self) -> View {
        if *self.shown_policy != self.policy {
            self.shown_policy = Arc::new(self.policy.clone());
        }
        View { snapshot: self.facts.snapshot(), policy: Arc::clone(&self.shown_policy) }
    }

    /// The current state of the loop.
    pub fn snapshot(&self) -> Snapshot {
        fold(&self.facts)
    }

    /// The policy in force, which decisions use.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The reason why the policy cannot be read, in which case nothing is decided; `None` if it can.
    pub fn policy_trouble(&self) -> Option<&str> {
        self.policy_trouble.as_deref()
    }

    /// Files and directories found next to the curves and not read.
    pub fn passed_over(&self) -> &[PassedOver] {
        self.facts.passed_over()
    }

    /// The recognised format and files.
    pub fn recognised(&self) -> &DetectedSource {
        &self.recognised
    }

    /// The repository, or the reason why there is none.
    pub fn repo(&self) -> Result<&Repo, &RepoError> {
        self.repo.as_ref()
    }

    /// The existing directories of the agent's mailbox.
    fn mailbox_dirs(&self) -> Vec<PathBuf> {
        let mailbox = self.dir.join(crate::mailbox::MAILBOX_DIR);
        let inbox = mailbox.join("inbox");
        [inbox.join("new"), inbox, mailbox].into_iter().filter(|directory| directory.is_dir()).collect()
    }

    /// The run directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Directories beyond the run directory in which logs grow or appear.
    fn log_dirs(&self) -> Vec<PathBuf> {
        self.curves.directories().map(Path::to_owned).collect()
    }

    /// True if there is more to read than one pass reads.
    fn has_more(&self) -> bool {
        self.curves.has_more()
    }

    /// True if a log continues past the part that was read.
    pub fn is_reading(&self) -> bool {
        self.curves.is_behind()
    }

    /// Number of runs that were found in the directory and are not in the snapshot: they are not read, or not yet.
    pub fn unread_runs(&self) -> usize {
        self.curves.unread_runs()
    }

    /// The followed logs, except those that are also read as a table.
    fn log_paths(&self) -> HashSet<PathBuf> {
        let tables = tables(&self.recognised);
        let logs = self.curves.names().filter(|name| !tables.iter().any(|table| table == name));
        logs.map(|name| self.dir.join(name)).collect()
    }

    /// Names of the followed files.
    fn followed(&self) -> std::collections::HashSet<std::ffi::OsString> {
        let logs = self.curves.names();
        let all = logs.chain([self.recognised.results.as_str()]);
        all.filter_map(|path| Path::new(path).file_name()).map(std::ffi::OsStr::to_owned).collect()
    }

    /// The identity of the loop.
    pub fn identity(&self) -> LoopIdentity {
        let work_tree = self.repo.as_ref().map_or(self.dir.as_path(), Repo::work_tree);
        let branch = self.policy.loop_branch.clone().or_else(|| self.head.branch.clone());
        let branch = branch.map(|branch| self.loop_on(branch));
        let name = || self.dir.file_name().map(|name| name.to_string_lossy().into_owned());
        LoopIdentity {
            work_tree: work_tree.to_string_lossy().into_owned(),
            branch: branch.or_else(name).unwrap_or_default(),
            results: match &self.repo {
                Ok(repo) => repo.tree_path(&self.recognised.results),
                Err(_) => self.recognised.results.clone(),
            },
        }
    }

    /// The branch of the loop for a work tree that is on `branch`: if only decisions may move that branch, the loop is
    /// the one whose decisions they are.
    fn loop_on(&self, branch: String) -> String {
        let Ok(repo) = &self.repo else { return branch };
        loop_branch(repo, &self.policy, self.held.chain(), branch)
    }

    fn ignored(&self) -> IgnoredPaths {
        let prefix = self.repo.as_ref().map_or("", Repo::prefix);
        IgnoredPaths::new(prefix, &self.recognised.results, &self.policy.logs).never(&self.policy.protected)
    }

    fn look_at_head(&mut self) {
        if let Ok(repo) = &self.repo {
            self.head = repo.head();
        }
        self.facts.apply(Fact::Identity(self.identity()));
    }

    fn look_at_policy(&mut self) {
        let Ok(repo) = &self.repo else { return };
        let held = self.held.clone();
        let chain = held.chain();
        // The person's own policy comes first: it may define the loop's branch, and so the loop's identity.
        if let Ok(own) = read_own_policy(repo, chain) {
            self.policy = own;
        }
        let read = match &self.places.error {
            Some(trouble) => Err(trouble.clone()),
            None => read_policy(repo, chain, &self.identity()).map_err(|error| error.to_string()),
        };
        match read {
            Ok(policy) => {
                self.policy =
                    Policy { editable: policy.editable.or_else(|| usual_editable_here(&self.dir, repo)), ..policy };
                self.policy_trouble = None;
            }
            // The last valid policy still applies to display; nothing is decided.
            Err(message) => self.policy_trouble = Some(message),
        }
        let metric = self.policy.metric.as_deref().map(Arc::from);
        self.facts.apply(Fact::Objective { metric, goal: self.policy.goal, bound: self.policy.bound });
        self.curves.also(&self.policy.logs);
        self.follow_table();
    }

    /// Reads the table by the policy: a different table, or the same one with other words for its columns and statuses.
    fn follow_table(&mut self) {
        let rules = rules::table_rules(&self.policy, Arc::clone(&self.instructions));
        let is_other = self.policy.results != self.wanted;
        if is_other {
            self.wanted.clone_from(&self.policy.results);
            let listed = listing(&self.dir).ok();
            if let Some(recognised) = listed.and_then(|listed| detect(&listed, self.wanted.as_deref())) {
                self.recognised = recognised;
            }
        } else if rules == *self.rows.rules() {
            return;
        }
        let has_looked = self.rows.has_looked();
        let mut before = std::mem::replace(&mut self.rows, RowFollower::new(&self.dir, &self.recognised, rules));
        self.rows.keep_past(&mut before);
        self.curves.set_tables(tables(&self.recognised));
        if has_looked {
            self.rows.poll(&mut self.facts);
        }
    }

    fn only_ours_moved(&self, stamp: Option<&RepoStamp>) -> bool {
        let (Ok(repo), Some(now), Some(before)) = (&self.repo, stamp, &self.stamp) else { return false };
        let branch = &self.facts.approved().branch;
        !branch.is_empty() && now.same_except_ours(before, repo, branch)
    }

    /// Reads the decisions and the approved branch, and the loop's history if it may have changed. True if somebody was
    /// deciding at that moment.
    fn read_git(&mut self, only_ours: bool, read: ReadLedger) -> bool {
        let identity = self.identity();
        let repo = match &self.repo {
            Ok(repo) => repo,
            Err(error) => {
                // Without a repository nothing is known of the rows' commits: they are not gone.
                self.facts.apply(Fact::History(Arc::new(History { is_unread: true, ..History::default() })));
                self.facts.apply(Fact::Approved(Arc::new(branch_state::none(error.to_string()))));
                return false;
            }
        };
        let ReadLedger { held, being_decided, looking } = read;
        // If the home directory is not known, the wrong ledger may be read.
        let doubt = self.places.error.clone().or_else(|| {
            let held = held.read().ok()?;
            held.doubt().or_else(|| policy_change(repo, &held.chain))
        });
        let chain = held.read().map(|held| &held.chain);
        let branch = approved_branch(&self.policy, held.chain(), &identity);
        let approved = branch_state::branch_state(
            repo,
            &branch,
            chain.map_err(str::to_owned),
            (doubt, self.policy_trouble.as_deref()),
            being_decided,
        );
        drop(looking);
        if !only_ours {
            let ignored = self.ignored();
            let (baseline, kept) = (self.rows.baseline(), self.rows.kept());
            let tips = Tips {
                head: self.head.commit,
                branch: Some(identity.branch.as_str()),
                approved: &branch,
                cells: &self.cells,
                baseline: baseline.as_deref(),
                kept: &kept,
                proposed: &self.proposals.commits(),
                ignored: &ignored,
            };
            let mut warnings = Vec::new();
            let mut warn = |path: &str, message: String| {
                warnings.push(Warning { path: path.into(), line: 0, end_line: 0, message });
            };
            let history = read_history(repo, tips, &mut self.learned).unwrap_or_else(|error| {
                let remedy = if repo.is_partial() { MISSING } else { "" };
                warn(".git", format!("cannot read the history: {error}{remedy}"));
                History { is_unread: true, ..History::default() }
            });
            if self.is_recording() {
                let named = history.cells.values().filter(|found| found.len() == 1).map(|found| found[0]);
                let all = named.chain(history.without_row.iter().copied());
                self.to_pin = all.filter(|commit| !self.pinned.contains(commit)).collect();
            }
            self.facts.apply(Fact::Warnings("git", warnings));
            self.facts.apply(Fact::History(Arc::new(history)));
        }
        if let Ok(chain) = chain {
            self.proposals.read_ledger(repo, chain, &identity, being_decided, &mut self.facts);
            let earlier = earlier_name(repo, chain, &identity);
            let mut warnings: Vec<Warning> = earlier.iter().map(renamed_warning).collect();
            warnings.extend(branches_gone(repo, chain, &branch));
            self.facts.apply(Fact::Warnings("renamed", warnings));
        }
        let decided = chain.map(|chain| self.decisions_here(chain, &identity)).unwrap_or_default();
        self.facts.apply(Fact::Decisions(Arc::new(decided)));
        self.facts.apply(Fact::Approved(Arc::new(approved)));
        being_decided
    }

    /// The decisions of this loop, and vetoes in another loop of changes that are in this one, too.
    fn decisions_here(&self, chain: &Chain, identity: &LoopIdentity) -> Vec<Decision> {
        let mut decided = decisions(chain, identity);
        let own = own_records(chain, identity);
        if decided.iter().any(|decision| !own.contains(&decision.seq)) {
            let cells = self.facts.history().cells.values().flatten().copied();
            let here: HashSet<ExperimentId> = cells.chain(self.proposals.commits()).map(ExperimentId::from).collect();
            decided.retain(|decision| own.contains(&decision.seq) || here.contains(&decision.experiment));
        }
        decided
    }

    /// The path of this repository's store, which may not exist yet; `None` without a repository.
    pub fn store_path(&self) -> Option<PathBuf> {
        let repo = self.repo.as_ref().ok()?;
        let path = repo.own_path("archive.db").ok()?;
        // SQLite's log and shared memory are not safe on a network file system.
        Some(match network_kind(&repo.ours_dir()) {
            Some(_) => Anchors::below(&self.places.state).of_path(&path).with_extension("db"),
            None => path,
        })
    }
}

/// The directory between a directory and its table that is a git repository of its own, such as a clone or a submodule:
/// the commits of its rows are there.
fn own_repository(dir: &Path, recognised: &DetectedSource) -> Option<PassedOver> {
    let above =
        Path::new(&recognised.results).ancestors().skip(1).filter(|directory| !directory.as_os_str().is_empty());
    let own = above.into_iter().find(|directory| dir.join(directory).join(".git").exists())?;
    let why = "a separate git repository: open it to see what its rows changed";
    Some(PassedOver::new(crate::disk::shown(own), why))
}

/// The places of tables further down, as the end of a sentence; empty if there are none.
fn nearby(dir: &Path) -> String {
    let found = tables_below(dir);
    let Some(first) = found.first() else { return String::new() };
    let directory = first.rsplit_once('/').map_or("", |(directory, _)| directory);
    format!("; {} further down: countersign {}", found.join(", "), dir.join(directory).display())
}

/// Paths of all tables of a loop.
fn tables(recognised: &DetectedSource) -> Vec<String> {
    let others = recognised.others.iter().map(|table| table.path.clone());
    [recognised.results.clone()].into_iter().chain(others).collect()
}
