//! The content of the approved branch: not only who decided, but what git shows of it.

use super::{Against, Report};
use crate::approved::expected_tip;
use crate::ledger::{Chain, line_hash};
use crate::repo::{Branch, Repo, branch_tip, check_contents};

/// Hashes every object of the approved branch since its start: where the branch is, and where the last decision
/// left it.
pub(super) fn check(report: &mut Report, repo: &Repo, against: &Against<'_>, branch: &str, chain: &Chain) {
    let Some((start, wanted)) = expected_tip(chain, branch) else { return };
    let mut tips = vec![wanted];
    tips.extend(branch_tip(repo, branch).ok().flatten().filter(|tip| *tip != wanted));
    // Each branch remembers its own, whichever loop it is looked at from.
    let place = [repo.ours_dir().as_os_str().as_encoded_bytes(), b"\n", branch.as_bytes()].concat();
    let place = line_hash(&place);
    let memory = against.state.join("hashed").join(&place[..16]);
    let of_branch = Branch { tips: &tips, start, memory: Some(&memory), anew: against.anew };
    match check_contents(repo, &of_branch) {
        Ok(found) => {
            report.objects += found.objects;
            report.hashed += found.hashed;
            report.objections.extend(found.objections);
            report.remarks.extend(found.remarks);
        }
        Err(error) => report.objections.push(error.to_string()),
    }
}
