//! Everything that a key can mean, by feature.
//!
//! [`Action`] is the flat list that the keymap, the palette and the configuration name. [`Action::feature`] hands it to
//! the feature that acts on it as that feature's own enum, so that each handler is exhaustive.

macro_rules! actions {
    ($($(#[$of:meta])+ $feature:ident: $group:ident { $($(#[$doc:meta])+ $variant:ident = $name:literal,)+ })+) => {
        /// Everything that a key or the palette can mean.
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

        /// An action as the feature that acts on it knows it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Feature {
            $($(#[$of])+ $feature($group),)+
        }

        impl Action {
            /// All of them, in the order of the features.
            pub const ALL: &'static [Self] = &[$($(Self::$variant,)+)+];

            /// Returns its name in the configuration.
            pub fn name(self) -> &'static str {
                match self {
                    $($(Self::$variant => $name,)+)+
                }
            }

            /// Returns the feature that acts on it.
            pub fn feature(self) -> Feature {
                match self {
                    $($(Self::$variant => Feature::$feature($group::$variant),)+)+
                }
            }
        }
    };
}

actions! {
    /// Actions that every view has.
    General: GeneralAction {
        /// Leave the program.
        Quit = "quit",
        /// Close what is open on top.
        Back = "back",
        /// Show the keys of the current view.
        ShowHelp = "show_help",
        /// Find an action, an experiment or a file by a few letters.
        ShowPalette = "show_palette",
        /// Show what could not be read.
        ShowWarnings = "show_warnings",
        /// Show what happened since the last visit.
        ShowSince = "show_since",
        /// Hold the screen still, or let it go on.
        TogglePause = "toggle_pause",
        /// Save what the view shows: a picture, or its numbers.
        SaveView = "save_view",
        /// Copy the selected experiment's commit.
        CopyCommit = "copy_commit",
        /// Copy what changes, as a diff.
        CopyDiff = "copy_diff",
    }
    /// From one place to another.
    Go: GoAction {
        /// Go to the inbox.
        ShowInbox = "show_inbox",
        /// Go to the curves.
        ShowCurves = "show_curves",
        /// Go to the progress picture.
        ShowProgress = "show_progress",
        /// Go to the lineage.
        ShowLineage = "show_lineage",
        /// Go to the instruments.
        ShowInstruments = "show_instruments",
        /// Go to the knobs.
        ShowKnobs = "show_knobs",
        /// Go to the list of runs.
        ShowRuns = "show_runs",
        /// One row down.
        MoveDown = "move_down",
        /// One row up.
        MoveUp = "move_up",
        /// One page down.
        PageDown = "page_down",
        /// One page up.
        PageUp = "page_up",
        /// To the first row.
        GoFirst = "go_first",
        /// To the last row.
        GoLast = "go_last",
        /// Open the selected experiment full screen.
        OpenReview = "open_review",
        /// The next experiment.
        NextExperiment = "next_experiment",
        /// The previous experiment.
        PreviousExperiment = "previous_experiment",
        /// Show the next segment of the results: its objective, baseline and best.
        NextSegment = "next_segment",
        /// Show the previous segment of the results.
        PreviousSegment = "previous_segment",
        /// To the experiment that the selected one was built on.
        GoToParent = "go_to_parent",
        /// To the next experiment with the same parent.
        NextSibling = "next_sibling",
        /// To the previous experiment with the same parent.
        PreviousSibling = "previous_sibling",
        /// Search the experiments; in a list of runs, filter it.
        Search = "search",
        /// The next experiment that was searched for.
        NextMatch = "next_match",
        /// The previous experiment that was searched for.
        PreviousMatch = "previous_match",
        /// Compare the marked experiment with the selected one; the first time, mark it.
        Compare = "compare",
        /// Sort the inbox, or the runs, differently.
        CycleOrder = "cycle_order",
    }
    /// How a change is read, and what of it is taken.
    Review: ReviewAction {
        /// Scroll the diff beside the list down.
        ScrollDown = "scroll_down",
        /// Scroll the diff beside the list up.
        ScrollUp = "scroll_up",
        /// The next hunk.
        NextHunk = "next_hunk",
        /// The previous hunk.
        PreviousHunk = "previous_hunk",
        /// The next file.
        NextFile = "next_file",
        /// The previous file.
        PreviousFile = "previous_file",
        /// Show the files of the change, to go to one.
        ShowFiles = "show_files",
        /// Show all that is known of the shown change.
        ShowEvidence = "show_evidence",
        /// Mark the hunk under the cursor as viewed, and go to the next one that is not.
        MarkViewed = "mark_viewed",
        /// Leave the hunk under the cursor out of what is committed, or take it back.
        LeaveOut = "leave_out",
        /// Leave the line under the cursor out, or take it back.
        LeaveLineOut = "leave_line_out",
        /// Begin a range of lines at the cursor, or forget it.
        MarkLines = "mark_lines",
        /// Show what would be committed after what was left out and edited, or the change again.
        ShowResult = "show_result",
        /// Forget what was left out and edited.
        StartOver = "start_over",
        /// Change the proposed file in your editor, or resolve what does not fit.
        EditFile = "edit_file",
        /// Open the file at this line in your editor, to look at it.
        OpenFile = "open_file",
        /// Combine lines that both sides changed token by token.
        CombineTokens = "combine_tokens",
        /// One column or two.
        ToggleColumns = "toggle_columns",
        /// Wrap long lines, or cut them.
        ToggleWrap = "toggle_wrap",
        /// Tell changes of white space quietly, or like all others.
        ToggleSpace = "toggle_space",
        /// Notebooks by their cells, or the raw JSON.
        ToggleCells = "toggle_cells",
        /// More lines around the changes.
        MoreContext = "more_context",
        /// Fewer lines around the changes.
        LessContext = "less_context",
        /// Fold the file under the cursor, or unfold it.
        FoldFile = "fold_file",
        /// The whole file after the change, before it, and the diff again.
        ShowWhole = "show_whole",
    }
    /// Decisions, and messages to the agent.
    Decide: DecideAction {
        /// Ask to commit the selected change.
        Approve = "approve",
        /// Ask to refuse the selected change.
        Veto = "veto",
        /// Send the selected change back to the agent, with what should change.
        RequestChanges = "request_changes",
        /// Ask the agent about the selected change, which stays pending.
        AskAgent = "ask_agent",
        /// Have the agent measure the selected change again on the approved tip.
        Remeasure = "remeasure",
        /// Write a comment on a line of the change.
        CommentLine = "comment_line",
        /// Show what changed since the proposal that this one takes the place of.
        CompareRounds = "compare_rounds",
        /// Leave it for later and go to the next.
        Skip = "skip",
        /// Offer a commit that undoes an approved one.
        Revert = "revert",
        /// Show what came of going through the queue.
        ShowSummary = "show_summary",
        /// Adopt or restore an approved branch that somebody moved.
        SettleBranch = "settle_branch",
        /// Write a note that the agent's next call takes along.
        TellAgent = "tell_agent",
        /// Hold the loop up, or let it go on.
        HoldLoop = "hold_loop",
        /// End the trial that runs, as the policy says how.
        StopTrial = "stop_trial",
        /// Say that lower values of the objective are better.
        PickLower = "pick_lower",
        /// Say that higher values of the objective are better.
        PickHigher = "pick_higher",
    }
    /// The visible part of a chart, or of lines that are cut.
    Chart: ChartAction {
        /// See less of the x axis, larger.
        ZoomIn = "zoom_in",
        /// See more of the x axis.
        ZoomOut = "zoom_out",
        /// See all of the x axis.
        ZoomAll = "zoom_all",
        /// To earlier parts of the x axis.
        PanLeft = "pan_left",
        /// To later parts of the x axis.
        PanRight = "pan_right",
    }
    /// How curves are drawn.
    Curves: CurvesAction {
        /// The next metric of the curve.
        NextMetric = "next_metric",
        /// The previous metric of the curve.
        PreviousMetric = "previous_metric",
        /// Draw the selected experiment over the others from now on, or no more.
        ToggleOverlay = "toggle_overlay",
        /// Draw nothing over the selected one any more.
        ClearOverlays = "clear_overlays",
        /// All metrics of a trial in a grid, or one.
        ToggleGrid = "toggle_grid",
        /// Smooth the curves more.
        SmoothMore = "smooth_more",
        /// Smooth the curves less.
        SmoothLess = "smooth_less",
        /// A logarithmic or a linear axis.
        ToggleLog = "toggle_log",
        /// Which heights the y axis shows: all that matter, the middle 98 %, or all.
        CycleHeights = "cycle_heights",
        /// What curves are compared with: the base, the best approved one, or nothing.
        CycleReference = "cycle_reference",
        /// Draw the difference to the reference, or the values.
        ToggleDifference = "toggle_difference",
        /// Choose metrics by a regular expression.
        FilterMetrics = "filter_metrics",
        /// Steps, tokens or time along the x axis.
        CycleMeasure = "cycle_measure",
        /// Move the cursor that reads the curves to the left.
        CursorLeft = "cursor_left",
        /// Move the cursor that reads the curves to the right.
        CursorRight = "cursor_right",
        /// Show what runs now.
        FollowRunning = "follow_running",
    }
    /// The list of runs.
    Runs: RunsAction {
        /// Open the curves of the selected run.
        OpenRun = "open_run",
        /// Call the selected run something else, on this screen.
        RenameRun = "rename_run",
    }
}

impl Action {
    /// True for what judges the change that is shown, or is said of it.
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
                | Self::LeaveOut
                | Self::LeaveLineOut
                | Self::MarkLines
                | Self::MarkViewed
                | Self::EditFile
                | Self::StartOver
                | Self::CombineTokens
        )
    }

    /// The action of a name in the configuration.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }
}

/// Where a key was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere but in a prompt.
    Everywhere,
    /// The inbox.
    Inbox,
    /// The curves.
    Curves,
    /// The progress picture.
    Progress,
    /// The lineage.
    Lineage,
    /// The instruments.
    Instruments,
    /// The knobs.
    Knobs,
    /// The runs.
    Runs,
    /// The review.
    Review,
}

impl Context {
    /// All of them, with their names in the configuration.
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::Everywhere, "everywhere"),
        (Self::Inbox, "inbox"),
        (Self::Curves, "curves"),
        (Self::Progress, "progress"),
        (Self::Lineage, "lineage"),
        (Self::Instruments, "instruments"),
        (Self::Knobs, "knobs"),
        (Self::Runs, "runs"),
        (Self::Review, "review"),
    ];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(context, _)| *context == self).map_or("", |(_, name)| name)
    }

    /// The context of a name in the configuration.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(context, _)| *context)
    }
}
