//! Detects network file systems.

use std::path::Path;

/// The kind of network file system a path is on; `None` for a local one, or if it is not known.
pub fn network_kind(path: &Path) -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/mounts").ok()?;
    let mut best: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let mut words = line.split(' ');
        let (Some(_), Some(at), Some(kind)) = (words.next(), words.next(), words.next()) else { continue };
        if path.starts_with(at) && best.is_none_or(|(len, _)| at.len() >= len) {
            best = Some((at.len(), kind));
        }
    }
    let kind = best?.1;
    let network = ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "lustre", "ceph", "beegfs", "gpfs"];
    network.contains(&kind).then(|| kind.to_owned())
}
