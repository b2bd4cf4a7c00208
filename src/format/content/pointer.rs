//! Small files that stand for large ones: git only has a hash and perhaps a size.

use crate::model::{FileKind, Pointer, PointerStore};

/// Git LFS treats no larger file as a pointer, and no other store writes a larger one for a single file.
const LARGEST: usize = 1024;
/// A `.dvc` file may list comments and several outputs.
const LARGEST_DVC: usize = 64 * 1024;

/// Returns the target of a pointer; `None` for a file that has its content itself.
pub(super) fn read(path: &str, kind: FileKind, bytes: &[u8]) -> Option<Pointer> {
    let of = |store, size| Some(Pointer { store, size });
    match kind {
        FileKind::Absent | FileKind::Gitlink => return None,
        FileKind::Symlink => {
            let target = std::str::from_utf8(bytes).ok()?;
            return if target.contains(".git/annex/objects/") {
                of(PointerStore::Annex, annex_size(target))
            } else {
                None
            };
        }
        FileKind::Regular | FileKind::Executable => {}
    }
    let is_dvc = path.to_ascii_lowercase().ends_with(".dvc");
    if bytes.len() > if is_dvc { LARGEST_DVC } else { LARGEST } {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}');
    let first = text.lines().next()?.trim();
    let value = |key: &str| text.lines().find_map(|line| line.trim().strip_prefix(key)).map(str::trim);
    if let Some(spec) = first.strip_prefix("version ") {
        let known = ["https://git-lfs.github.com/spec/", "https://hawser.github.com/spec/", "http://git-media.io/v/"];
        let is_lfs = known.iter().any(|known| spec.trim().starts_with(known));
        return if is_lfs { of(PointerStore::Lfs, value("size ").and_then(whole)) } else { None };
    }
    if first.starts_with("# xet version") {
        return of(PointerStore::Xet, value("filesize =").and_then(whole));
    }
    if let Some(rest) = first.strip_prefix("#$# git-fat ") {
        return of(PointerStore::Fat, rest.split_whitespace().nth(1).and_then(whole));
    }
    if first.starts_with("/annex/objects/") {
        return of(PointerStore::Annex, annex_size(first));
    }
    let item = |line: &str| line.trim().trim_start_matches("- ").trim_start().to_owned();
    let has = |key: &str| text.lines().any(|line| item(line).starts_with(key));
    if is_dvc && has("outs:") && ["md5:", "etag:", "checksum:", "sha256:"].iter().any(|key| has(key)) {
        // Several outputs, or a stage with dependencies: their sizes are ambiguous.
        let sizes: Vec<String> = text.lines().map(item).filter(|line| line.starts_with("size:")).collect();
        let size = match sizes.as_slice() {
            [one] => whole(one.trim_start_matches("size:").trim()),
            _ => None,
        };
        return of(PointerStore::Dvc, size);
    }
    None
}

fn whole(digits: &str) -> Option<u64> {
    digits.parse().ok()
}

/// Returns the size in a key of git-annex, `SHA256E-s1048576--…`.
fn annex_size(key: &str) -> Option<u64> {
    let name = key.trim_end().rsplit('/').next()?;
    let fields = name.split("--").next()?;
    fields.split('-').skip(1).find_map(|field| field.strip_prefix('s')).and_then(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> Option<(PointerStore, Option<u64>)> {
        read(path, FileKind::Regular, text.as_bytes()).map(|found| (found.store, found.size))
    }

    #[test]
    fn each_kind_of_pointer() {
        let oid = "0".repeat(64);
        let lfs = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 12345\n");
        assert_eq!(file("a.bin", &lfs), Some((PointerStore::Lfs, Some(12_345))));
        assert_eq!(file("a.bin", &lfs.replace('\n', "\r\n")), Some((PointerStore::Lfs, Some(12_345))));
        let extended = lfs.replace("oid", "ext-0-foo sha256:aa\noid");
        assert_eq!(file("a.bin", &extended), Some((PointerStore::Lfs, Some(12_345))));
        assert_eq!(file("a.bin", &lfs.replace("git-lfs", "hawser")), Some((PointerStore::Lfs, Some(12_345))));
        assert_eq!(file("a.bin", "version https://git-lfs.github.com/spec/v1\n"), Some((PointerStore::Lfs, None)));
        let dvc = "outs:\n- md5: a304afb96060aad90176268345e10355\n  size: 37891850\n  hash: md5\n  path: data.xml\n";
        assert_eq!(file("data.xml.dvc", dvc), Some((PointerStore::Dvc, Some(37_891_850))));
        assert_eq!(file("data.yaml", dvc), None, "a name ending in .dvc makes it one");
        assert_eq!(file(".dvc/config", "[core]\n"), None);
        assert_eq!(
            file("a.bin", "/annex/objects/SHA256E-s31390--f50d.mp3\n"),
            Some((PointerStore::Annex, Some(31_390)))
        );
        let link = b"../.git/annex/objects/xX/9w/MD5E-s7-m3--0a/MD5E-s7-m3--0a";
        let linked = read("a", FileKind::Symlink, link).map(|found| (found.store, found.size));
        assert_eq!(linked, Some((PointerStore::Annex, Some(7))));
        assert_eq!(read("a", FileKind::Symlink, b"../data/train.bin"), None);
        assert_eq!(file("w", "# xet version 0\nfilesize = 48\nhash = 'ab'\n"), Some((PointerStore::Xet, Some(48))));
        let fat = "#$# git-fat 6df0c57803617bba277e90c6fa01071fb6bfebb5                   12\n";
        assert_eq!(file("w", fat), Some((PointerStore::Fat, Some(12))));
    }

    #[test]
    fn a_mention_of_a_pointer_is_not_one() {
        assert_eq!(file("README.md", "Weights are in LFS: version https://git-lfs.github.com/spec/v1\n"), None);
        assert_eq!(file("a.py", "version = 1\n"), None);
        let long = format!("version https://git-lfs.github.com/spec/v1\n{}", "x".repeat(2000));
        assert_eq!(file("a.bin", &long), None, "Git LFS itself treats it as content");
        assert_eq!(read("a", FileKind::Regular, b"\xff\xfe"), None);
        assert_eq!(file("empty", ""), None);
    }
}
