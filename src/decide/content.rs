//! Checks the content of the approved branch: every object that git shows of it, not only who decided.

use super::{Against, Report};
use crate::approved::expected_tip;
use crate::ledger::{Chain, line_hash};
use crate::repo::{Branch, Repo, branch_tip, check_contents};

/// Hashes every object of the approved branch since its start, from both its current tip and the tip that the last
/// decision left it at.
pub(super) fn check(report: &mut Report, repo: &Repo, against: &Against<'_>, branch: &str, chain: &Chain) {
    let Some((start, wanted)) = expected_tip(chain, branch) else { return };
    let mut tips = vec![wanted];
    tips.extend(branch_tip(repo, branch).ok().flatten().filter(|tip| *tip != wanted));
    // The cache is per branch, whichever loop verifies it.
    let place = [repo.ours_dir().as_os_str().as_encoded_bytes(), b"\n", branch.as_bytes()].concat();
    let place = line_hash(&place);
    let memory = against.state.join("hashed").join(&place[..16]);
    let of_branch = Branch { tips: &tips, start, memory: Some(&memory), anew: against.rehash };
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
