//! What a person can do. The `snake_case` of a variant is its name in the keymap.

/// Everything that a key can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Leave the program.
    Quit,
    /// Close what is open on top.
    Back,
    /// Show the keys of the current view.
    ShowHelp,
    /// Go to the inbox.
    ShowInbox,
    /// Go to the curves.
    ShowCurves,
    /// Go to the progress picture.
    ShowProgress,
    /// Go to the lineage.
    ShowLineage,
    /// One row down.
    MoveDown,
    /// One row up.
    MoveUp,
    /// One page down.
    PageDown,
    /// One page up.
    PageUp,
    /// To the first row.
    GoFirst,
    /// To the last row.
    GoLast,
    /// Scroll the diff beside the list down.
    ScrollDown,
    /// Scroll the diff beside the list up.
    ScrollUp,
    /// Open the selected experiment full screen.
    OpenReview,
    /// The next experiment.
    NextExperiment,
    /// The previous experiment.
    PreviousExperiment,
    /// The next hunk.
    NextHunk,
    /// The previous hunk.
    PreviousHunk,
    /// The next file.
    NextFile,
    /// The previous file.
    PreviousFile,
    /// Ask to commit the selected change.
    Approve,
    /// Ask to refuse the selected change.
    Veto,
    /// Leave it for later and go to the next.
    Skip,
    /// Offer a commit that undoes an approved one.
    Revert,
    /// Sort the inbox differently.
    CycleOrder,
    /// Hold the screen still, or let it go on.
    TogglePause,
    /// The next metric of the curve.
    NextMetric,
    /// The previous metric of the curve.
    PreviousMetric,
    /// Say that lower values of the objective are better.
    PickLower,
    /// Say that higher values of the objective are better.
    PickHigher,
    /// Show what could not be read.
    ShowWarnings,
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
    /// The review.
    Review,
}
