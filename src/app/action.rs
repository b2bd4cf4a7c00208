//! Everything that a key can mean, by feature.
//!
//! [`Action`] is the flat list that the keymap, the palette and the configuration name. [`Action::feature`] hands it to
//! the feature that acts on it as that feature's own enum, so that each handler is exhaustive.

macro_rules! actions {
    ($($(#[$of:meta])+ $feature:ident: $group:ident { $($(#[$doc:meta])+ $variant:ident = $name:literal,)+ })+) => {
        /// Everything that a key or a palette entry can do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $($($(#[$doc])+ $variant,)+)+
        }

        $(
            $(#[$of])+
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub enum $group {
                $($(#[$doc])+ $variant,)+
            }
        )+

        /// An action as the feature that handles it sees it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Feature {
            $($(#[$of])+ $feature($group),)+
        }

        impl Action {
            /// All actions, in the order of the features.
            pub const ALL: &'static [Self] = &[$($(Self::$variant,)+)+];

            /// Returns the action's name in the configuration.
            pub fn name(self) -> &'static str {
                match self {
                    $($(Self::$variant => $name,)+)+
                }
            }

            /// Returns the feature that handles the action.
            pub fn feature(self) -> Feature {
                match self {
                    $($(Self::$variant => Feature::$feature($group::$variant),)+)+
                }
            }
        }
    };
}

actions! {
    /// Actions available in every view.
    General: GeneralAction {
        /// Quits the program.
        Quit = "quit",
        /// Closes the topmost open window or layer.
        Back = "back",
        /// Shows the keys of the current view.
        ShowHelp = "show_help",
        /// Opens the palette: finds an action, experiment or file by a few letters.
        ShowPalette = "show_palette",
        /// Shows what could not be read.
        ShowWarnings = "show_warnings",
        /// Shows what happened since the last visit.
        ShowSince = "show_since",
        /// Freezes or unfreezes the screen.
        ToggleFreeze = "toggle_freeze",
        /// Saves the view, as an image or as numbers.
        SaveView = "save_view",
        /// Copies the selected experiment's commit.
        CopyCommit = "copy_commit",
        /// Copies the change as a diff.
        CopyDiff = "copy_diff",
    }
    /// Navigation.
    Go: GoAction {
        /// Goes to the inbox.
        ShowInbox = "show_inbox",
        /// Goes to the curves.
        ShowCurves = "show_curves",
        /// Goes to the progress plot.
        ShowProgress = "show_progress",
        /// Goes to the lineage.
        ShowLineage = "show_lineage",
        /// Goes to the instruments.
        ShowInstruments = "show_instruments",
        /// Goes to the knobs.
        ShowKnobs = "show_knobs",
        /// Goes to the list of runs.
        ShowRuns = "show_runs",
        /// Moves one row down.
        MoveDown = "move_down",
        /// Moves one row up.
        MoveUp = "move_up",
        /// Moves one page down.
        PageDown = "page_down",
        /// Moves one page up.
        PageUp = "page_up",
        /// Goes to the first row.
        GoFirst = "go_first",
        /// Goes to the last row.
        GoLast = "go_last",
        /// Opens the selected experiment full screen.
        OpenReview = "open_review",
        /// Goes to the next experiment.
        NextExperiment = "next_experiment",
        /// Goes to the previous experiment.
        PreviousExperiment = "previous_experiment",
        /// Shows the next segment of the results: its objective, baseline and best.
        NextSegment = "next_segment",
        /// Shows the previous segment of the results.
        PreviousSegment = "previous_segment",
        /// Goes to the experiment that the selected one was built on.
        GoToParent = "go_to_parent",
        /// Goes to the next experiment with the same parent.
        NextSibling = "next_sibling",
        /// Goes to the previous experiment with the same parent.
        PreviousSibling = "previous_sibling",
        /// Searches the experiments; in the list of runs, filters it.
        Search = "search",
        /// Goes to the next match of the search.
        NextMatch = "next_match",
        /// Goes to the previous match of the search.
        PreviousMatch = "previous_match",
        /// Compares the marked experiment with the selected one; marks it if none is marked.
        Compare = "compare",
        /// Changes the order of the inbox or of the runs.
        CycleOrder = "cycle_order",
    }
    /// Reading a change, and choosing the parts of it to approve.
    Review: ReviewAction {
        /// Scrolls the diff next to the list down.
        ScrollDown = "scroll_down",
        /// Scrolls the diff next to the list up.
        ScrollUp = "scroll_up",
        /// Goes to the next hunk.
        NextHunk = "next_hunk",
        /// Goes to the previous hunk.
        PreviousHunk = "previous_hunk",
        /// Goes to the next file.
        NextFile = "next_file",
        /// Goes to the previous file.
        PreviousFile = "previous_file",
        /// Shows the files of the change, to jump to one.
        ShowFiles = "show_files",
        /// Shows all evidence about the change.
        ShowEvidence = "show_evidence",
        /// Marks the hunk under the cursor as viewed, and goes to the next unviewed one.
        MarkViewed = "mark_viewed",
        /// Excludes the hunk under the cursor from the commit, or includes it again.
        Exclude = "exclude",
        /// Excludes the line under the cursor, or includes it again.
        ExcludeLine = "exclude_line",
        /// Starts a range of lines at the cursor, or clears it.
        MarkLines = "mark_lines",
        /// Shows what would be committed after exclusions and edits, or the change again.
        ShowResult = "show_result",
        /// Discards all exclusions and edits.
        DiscardEdits = "discard_edits",
        /// Edits the proposed file in the person's editor, or resolves its conflicts there.
        EditFile = "edit_file",
        /// Opens the file at this line in the person's editor, read-only.
        OpenFile = "open_file",
        /// Merges lines that both sides changed token by token.
        MergeTokens = "merge_tokens",
        /// Switches between one column and two.
        ToggleColumns = "toggle_columns",
        /// Wraps or cuts long lines.
        ToggleWrap = "toggle_wrap",
        /// Collapses or shows whitespace-only changes.
        ToggleSpace = "toggle_space",
        /// Shows notebooks by cell or as raw JSON.
        ToggleCells = "toggle_cells",
        /// Shows more context lines around the changes.
        MoreContext = "more_context",
        /// Shows fewer context lines around the changes.
        LessContext = "less_context",
        /// Folds or unfolds the file under the cursor.
        FoldFile = "fold_file",
        /// Cycles between the whole file after the change, before it, and the diff.
        ShowWhole = "show_whole",
    }
    /// Decisions, and messages to the agent.
    Decide: DecideAction {
        /// Asks for confirmation, then commits the selected change.
        Approve = "approve",
        /// Asks for a reason, then refuses the selected change.
        Veto = "veto",
        /// Sends the selected change back to the agent with comments.
        RequestChanges = "request_changes",
        /// Asks the agent a question about the selected change, which stays pending.
        AskAgent = "ask_agent",
        /// Asks the agent to measure the selected change again on the approved tip.
        Remeasure = "remeasure",
        /// Comments on a line of the change.
        CommentLine = "comment_line",
        /// Shows what changed since the proposal that this one replaces.
        CompareRounds = "compare_rounds",
        /// Leaves the change for later and goes to the next one.
        Skip = "skip",
        /// Offers a commit that reverts an approved one.
        Revert = "revert",
        /// Shows the results of this session.
        ShowSummary = "show_summary",
        /// Adopts or restores a diverged approved branch.
        SettleBranch = "settle_branch",
        /// Leaves a note for the agent's next call.
        TellAgent = "tell_agent",
        /// Pauses or resumes the loop.
        PauseLoop = "pause_loop",
        /// Stops the running trial with the policy's `stop_trial`.
        StopTrial = "stop_trial",
        /// Records that lower values of the objective are better.
        PickLower = "pick_lower",
        /// Records that higher values of the objective are better.
        PickHigher = "pick_higher",
    }
    /// The visible part of a chart, or of cut lines.
    Chart: ChartAction {
        /// Zooms in along the x axis.
        ZoomIn = "zoom_in",
        /// Zooms out along the x axis.
        ZoomOut = "zoom_out",
        /// Shows the whole x axis.
        ZoomAll = "zoom_all",
        /// Pans to the left.
        PanLeft = "pan_left",
        /// Pans to the right.
        PanRight = "pan_right",
    }
    /// Settings of the curves.
    Curves: CurvesAction {
        /// Shows the next metric.
        NextMetric = "next_metric",
        /// Shows the previous metric.
        PreviousMetric = "previous_metric",
        /// Adds the selected experiment to the overlays, or removes it.
        ToggleOverlay = "toggle_overlay",
        /// Removes all overlays.
        ClearOverlays = "clear_overlays",
        /// Switches between one metric and a grid of all metrics of the trial.
        ToggleTiles = "toggle_tiles",
        /// Smooths the curves more.
        SmoothMore = "smooth_more",
        /// Smooths the curves less.
        SmoothLess = "smooth_less",
        /// Toggles a logarithmic y axis.
        ToggleLog = "toggle_log",
        /// Cycles the y range: without warm-up, the middle 98 %, or everything.
        CycleYRange = "cycle_y_range",
        /// Cycles the reference: the base, the best approved experiment, or none.
        CycleReference = "cycle_reference",
        /// Switches between the values and the difference to the reference.
        ToggleDifference = "toggle_difference",
        /// Filters the metrics by a regular expression.
        FilterMetrics = "filter_metrics",
        /// Cycles the x axis: steps, tokens or time.
        CycleXAxis = "cycle_x_axis",
        /// Moves the cursor that reads the curves to the left.
        CursorLeft = "cursor_left",
        /// Moves the cursor that reads the curves to the right.
        CursorRight = "cursor_right",
        /// Follows the running trial.
        FollowRunning = "follow_running",
    }
    /// The list of runs.
    Runs: RunsAction {
        /// Opens the curves of the selected run.
        OpenRun = "open_run",
        /// Renames the selected run, on this screen only.
        RenameRun = "rename_run",
    }
}

impl Action {
    /// True if the action decides, comments on or amends the change on the screen.
    pub fn acts_on_change(self) -> bool {
        matches!(
            self,
            Self::Approve
                | Self::Veto
                | Self::Revert
                | Self::RequestChanges
                | Self::AskAgent
                | Self::Remeasure
                | Self::CommentLine
                | Self::Exclude
                | Self::ExcludeLine
                | Self::MarkLines
                | Self::MarkViewed
                | Self::EditFile
                | Self::DiscardEdits
                | Self::MergeTokens
        )
    }

    /// True if the action has no meaning without a loop.
    pub(super) fn needs_loop(self) -> bool {
        matches!(
            self,
            Self::ShowInbox
                | Self::ShowProgress
                | Self::ShowLineage
                | Self::ShowInstruments
                | Self::ShowKnobs
                | Self::ShowSince
                | Self::SettleBranch
                | Self::TellAgent
                | Self::PauseLoop
                | Self::StopTrial
                | Self::PickLower
                | Self::PickHigher
                | Self::CopyCommit
                | Self::CopyDiff
                | Self::CycleReference
                | Self::ToggleDifference
        )
    }

    /// Returns the action with this name in the configuration.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }
}
