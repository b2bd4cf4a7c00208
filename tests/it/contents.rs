//! What git shows of the approved branch is what was approved, or `verify` names the first object that is not.

use std::collections::HashMap;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Chance, Loop, a_night, assert_objects, assert_whole};
use sha1_checked::{Digest as _, Sha1};

/// A night with its first two changes approved.
fn decided() -> Loop {
    let night = a_night(12, 4);
    let queue = night.waiting();
    night.approve(&queue[0]).unwrap();
    night.approve(&queue[1]).unwrap();
    night
}

fn named(a_loop: &Loop, what: &str) -> String {
    a_loop.git(&["rev-parse", &format!("countersign/approved{what}")])
}

fn loose(a_loop: &Loop, id: &str) -> PathBuf {
    a_loop.path(&format!(".git/objects/{}/{}", &id[..2], &id[2..]))
}

/// Puts bytes in the place of a file that git made read-only.
fn put(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let _ = std::fs::remove_file(path);
    std::fs::write(path, bytes).unwrap();
}

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn loose_bytes(kind: &str, body: &[u8]) -> Vec<u8> {
    zipped(&[format!("{kind} {}\0", body.len()).as_bytes(), body].concat())
}

fn raw(id: &str) -> [u8; 20] {
    let mut out = [0; 20];
    for (byte, at) in out.iter_mut().zip((0..40).step_by(2)) {
        *byte = u8::from_str_radix(&id[at..at + 2], 16).unwrap();
    }
    out
}

fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut out = [0; 20];
    out.copy_from_slice(&Sha1::digest(bytes));
    out
}

/// What stands before packed bytes: kind and length.
fn head(kind: u8, size: u64) -> Vec<u8> {
    let mut out = vec![kind << 4 | (size & 15) as u8];
    let mut left = size >> 4;
    while left > 0 {
        *out.last_mut().unwrap() |= 0x80;
        out.push((left & 127) as u8);
        left >>= 7;
    }
    out
}

const BLOB: u8 = 3;
const ON_ANOTHER: u8 = 7;

/// A pack with its index, made by hand: names and what is filed under them, in this order in the index.
fn file_pack(objects: &Path, stem: &str, entries: &[(&str, Vec<u8>)]) {
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend((entries.len() as u32).to_be_bytes());
    let mut offsets = Vec::new();
    for (_, bytes) in entries {
        offsets.push(pack.len() as u32);
        pack.extend(bytes);
    }
    let sum = sha1(&pack);
    pack.extend(sum);
    let names: Vec<[u8; 20]> = entries.iter().map(|(id, _)| raw(id)).collect();
    let mut index = b"\xfftOc\0\0\0\x02".to_vec();
    for first in 0..=255u8 {
        index.extend((names.iter().filter(|name| name[0] <= first).count() as u32).to_be_bytes());
    }
    index.extend(names.iter().flatten());
    index.extend(entries.iter().flat_map(|(_, bytes)| crc32fast::hash(bytes).to_be_bytes()));
    index.extend(offsets.iter().flat_map(|at| at.to_be_bytes()));
    index.extend(sum);
    let sum = sha1(&index);
    index.extend(sum);
    put(&objects.join(format!("pack/{stem}.pack")), &pack);
    put(&objects.join(format!("pack/{stem}.idx")), &index);
}

fn packed_blob(body: &[u8]) -> Vec<u8> {
    [head(BLOB, body.len() as u64), zipped(body)].concat()
}

/// Everything that git shows of the approved branch: each object's name, kind and content.
fn shown_by_git(a_loop: &Loop) -> Option<Vec<u8>> {
    let list = a_loop.try_git(&["rev-list", "--objects", "--no-object-names", "countersign/approved"]);
    let listing = a_loop.folder().join("listing");
    std::fs::write(&listing, &list.stdout).unwrap();
    let out = Command::new("git")
        .current_dir(a_loop.dir())
        .args(["cat-file", "--batch"])
        .stdin(std::fs::File::open(&listing).unwrap())
        .output()
        .unwrap();
    (list.status.success() && out.status.success()).then_some(out.stdout)
}

/// The numbers of `verify`: objects, and those that were hashed.
fn numbers(a_loop: &Loop, args: &[&str]) -> (u64, u64) {
    let json = a_loop.json(&[&["verify", "--json"], args].concat());
    (json["objects"].as_u64().unwrap(), json["hashed"].as_u64().unwrap())
}

#[test]
fn every_form_of_an_honest_store_holds_and_every_object_is_counted() {
    let night = decided();
    // A tag and a submodule are nobody's files; the submodule's commit is elsewhere.
    let count = night.git(&["rev-list", "--objects", "countersign/approved"]).lines().count() as u64;
    let forms: &[(&str, &[&[&str]])] = &[
        ("loose", &[]),
        ("some packed", &[&["repack", "-q"]]),
        (
            "two packs with the same objects",
            &[&["repack", "-q", "-a"], &["repack", "-q", "-a", "-f", "--depth=50", "--window=50"]],
        ),
        (
            "names of bases",
            &[&[
                "-c",
                "repack.useDeltaBaseOffset=false",
                "repack",
                "-q",
                "-a",
                "-d",
                "-f",
                "--depth=250",
                "--window=250",
            ]],
        ),
        ("an index of packs", &[&["multi-pack-index", "write"]]),
        ("a commit-graph", &[&["commit-graph", "write", "--reachable"]]),
        ("everything", &[&["gc", "-q"], &["repack", "-q", "-a", "-d", "--write-bitmap-index", "--write-midx"]]),
        ("a commit-graph in layers", &[&["commit-graph", "write", "--reachable", "--split"]]),
    ];
    for (form, commands) in forms {
        for command in *commands {
            night.git(command);
        }
        let (objects, _) = numbers(&night, &[]);
        assert_eq!(objects, count, "{form}");
    }
}

#[test]
fn a_copy_that_is_not_what_its_name_says_is_named_wherever_it_is() {
    let night = decided();
    let (blob, tree, tip) = (named(&night, ":train.py"), named(&night, "^{tree}"), named(&night, ""));
    let objects = night.path(".git/objects");
    let evil = b"evil = True\n";
    let whole = night.copy_all();
    type Attack<'a> = (&'a str, &'a str, &'a dyn Fn(&Loop));
    let attacks: &[Attack<'_>] = &[
        (&blob, "train.py of commit", &|_| put(&loose(&night, &blob), &loose_bytes("blob", evil))),
        (&blob, "it is not in the repository", &|_| std::fs::remove_file(loose(&night, &blob)).unwrap()),
        (&tree, "all files of commit", &|_| put(&loose(&night, &tree), &loose_bytes("tree", b""))),
        (&blob, "it is tree", &|_| put(&loose(&night, &blob), &loose_bytes("tree", b""))),
        // The right content is there, too; git reads a pack first.
        (&blob, "evil.pack: its content has a different name", &|_| {
            file_pack(&objects, "evil", &[(&blob, packed_blob(evil))]);
        }),
        (&tree, "evil.pack: its content has a different name", &|_| {
            file_pack(&objects, "evil", &[(&tree, packed_blob(evil))]);
        }),
        (&tip, "(a commit)", &|_| file_pack(&objects, "evil", &[(&tip, packed_blob(evil))])),
        // Behind the end, before it, longer and shorter than it says.
        (&blob, "there is data after its end", &|_| {
            let bytes = [std::fs::read(loose(&night, &blob)).unwrap(), vec![0]].concat();
            put(&loose(&night, &blob), &bytes);
        }),
        (&blob, "it is longer than its header says", &|_| put(&loose(&night, &blob), &zipped(b"blob 3\0evil"))),
        (&blob, "it is shorter than its header says", &|_| put(&loose(&night, &blob), &zipped(b"blob 5\0evil"))),
        (&blob, "ends too early", &|_| put(&loose(&night, &blob), &loose_bytes("blob", evil)[..9])),
        (&blob, "does not begin like an object", &|_| put(&loose(&night, &blob), &zipped(b"blob 04\0evil"))),
        (&blob, "is broken", &|_| put(&loose(&night, &blob), b"no zlib at all")),
        (&blob, "ends too early", &|_| put(&loose(&night, &blob), b"")),
    ];
    for (id, words, attack) in attacks {
        attack(&night);
        let (code, text) = night.verify(&[]);
        let first = text.lines().find(|line| line.starts_with("! object")).unwrap_or_default();
        assert_eq!(code, Some(4), "{words}: {text}");
        assert!(first.contains(&format!("object {id}")) && first.contains(words), "{words}:\n{text}");
        night.put_back(&whole);
        assert_whole(&night);
    }
}

impl Loop {
    /// The object store as it is.
    fn copy_all(&self) -> PathBuf {
        let place = self.folder().join("kept");
        assert!(Command::new("cp").arg("-a").arg(self.path(".git/objects")).arg(&place).status().unwrap().success());
        place
    }

    fn put_back(&self, kept: &Path) {
        let objects = self.path(".git/objects");
        assert!(Command::new("rm").arg("-rf").arg(&objects).status().unwrap().success());
        assert!(Command::new("cp").arg("-a").arg(kept).arg(&objects).status().unwrap().success());
    }
}

#[test]
fn tables_by_which_git_finds_or_shows_objects_must_agree_with_them() {
    let night = decided();
    night.git(&["repack", "-q", "-a", "-d"]);
    let kept = night.copy_all();
    let blob = named(&night, ":train.py");
    // An index of packs that files another object of the pack under the name.
    night.git(&["multi-pack-index", "write"]);
    let midx = night.path(".git/objects/pack/multi-pack-index");
    let mut bytes = std::fs::read(&midx).unwrap();
    let part = |bytes: &[u8], name: &[u8]| {
        let at =
            (0..=usize::from(bytes[6])).map(|number| 12 + number * 12).find(|at| &bytes[*at..at + 4] == name).unwrap();
        u64::from_be_bytes(bytes[at + 4..at + 12].try_into().unwrap()) as usize
    };
    let (names, places) = (part(&bytes, b"OIDL"), part(&bytes, b"OOFF"));
    let count = (places - names) / 20;
    let at = (0..count).find(|at| bytes[names + at * 20..names + at * 20 + 20] == raw(&blob)).unwrap();
    let other = named(&night, ":prepare.py");
    let from = (0..count).find(|at| bytes[names + at * 20..names + at * 20 + 20] == raw(&other)).unwrap();
    let whole = bytes.clone();
    bytes.copy_within(places + from * 8..places + from * 8 + 8, places + at * 8);
    put(&midx, &bytes);
    assert!(night.git(&["show", "countersign/approved:train.py"]).starts_with("DATA"), "git believes it");
    assert_objects(&night, &format!("object {blob}"));
    // One that is out of order, one that is cut off, one that points out of itself.
    let mut swapped = whole.clone();
    let (one, two) = (whole[names..names + 20].to_vec(), whole[names + 20..names + 40].to_vec());
    swapped[names..names + 20].copy_from_slice(&two);
    swapped[names + 20..names + 40].copy_from_slice(&one);
    put(&midx, &swapped);
    assert_objects(&night, "multi-pack-index: its counts do not match its names");
    put(&midx, &whole[..whole.len() / 2]);
    assert_objects(&night, "multi-pack-index: its chunks exceed the file");
    night.put_back(&kept);
    // A commit-graph that gives a commit another folder.
    night.git(&["commit-graph", "write", "--reachable"]);
    let graph = night.path(".git/objects/info/commit-graph");
    let mut bytes = std::fs::read(&graph).unwrap();
    let tree = raw(&named(&night, "^{tree}"));
    let other_tree = raw(&night.git(&["rev-parse", "master^{tree}"]));
    // The commit of the loop that was approved may have the same folder, and a row of its own.
    while let Some(at) = bytes.windows(20).position(|window| window == tree) {
        bytes[at..at + 20].copy_from_slice(&other_tree);
    }
    put(&graph, &bytes);
    assert_objects(&night, "makes git show a different tree or different parents than commit");
    night.put_back(&kept);
    // Two names that are one: git may find either.
    let entry = packed_blob(b"evil = True\n");
    file_pack(&night.path(".git/objects"), "twice", &[(&blob, entry.clone()), (&blob, entry)]);
    assert_objects(&night, "twice.idx: its names are out of order, or one occurs twice");
    night.put_back(&kept);
    // References and files that are no objects.
    let evil = night.folder().join("evil");
    std::fs::write(&evil, "evil\n").unwrap();
    let evil = night.git(&["hash-object", "-w", evil.to_str().unwrap()]);
    night.git(&["replace", &blob, &evil]);
    assert_objects(&night, &format!("refs/replace/{blob} makes git show a different object"));
    night.git(&["replace", "-d", &blob]);
    let honest = shown_by_git(&night);
    // Git reads what follows the last slash, in letters of either case, and packs of any name.
    for name in [blob.to_uppercase(), format!("a/b/{blob}")] {
        let path = format!(".git/refs/replace/{name}");
        night.write(&path, format!("{evil}\n"));
        assert_ne!(shown_by_git(&night), honest, "{name}");
        assert_objects(&night, &format!("{name} makes git show a different object"));
        std::fs::remove_file(night.path(&path)).unwrap();
        assert_eq!(shown_by_git(&night), honest);
    }
    let odd = std::ffi::OsStr::from_bytes(b"pack-\xff");
    file_pack(&night.path(".git/objects"), "pack-odd", &[(&blob, packed_blob(b"evil = True\n"))]);
    for ending in ["pack", "idx"] {
        let folder = night.path(".git/objects/pack");
        let to = [odd.as_bytes(), b".", ending.as_bytes()].concat();
        std::fs::rename(folder.join(format!("pack-odd.{ending}")), folder.join(std::ffi::OsStr::from_bytes(&to)))
            .unwrap();
    }
    assert_objects(&night, "its name is not valid text, but git reads it");
    night.put_back(&kept);
    std::fs::rename(night.path(".git/objects"), night.folder().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(night.folder().join("elsewhere"), night.path(".git/objects")).unwrap();
    assert_objects(&night, "is a symlink: somebody else can remove all objects");
    let error = night.veto(&night.waiting()[0], "no").unwrap_err();
    assert!(error.contains("replace the link .git/objects by the directory itself"), "{error}");
    std::fs::remove_file(night.path(".git/objects")).unwrap();
    std::fs::rename(night.folder().join("elsewhere"), night.path(".git/objects")).unwrap();
    night.write(".git/shallow", format!("{}\n", named(&night, "")));
    assert_objects(&night, "shallow makes git show no parents of commit");
}

#[test]
fn what_lies_in_another_repository_only_is_borrowed() {
    let night = decided();
    let blob = named(&night, ":train.py");
    let lender = night.folder().join("lender/objects");
    let there = lender.join(&blob[..2]).join(&blob[2..]);
    std::fs::create_dir_all(there.parent().unwrap()).unwrap();
    std::fs::copy(loose(&night, &blob), &there).unwrap();
    night.write(".git/objects/info/alternates", format!("{}\n", lender.display()));
    // Lent, and here as well: fine, as long as both are what the name says.
    assert_whole(&night);
    let bytes = std::fs::read(loose(&night, &blob)).unwrap();
    std::fs::remove_file(loose(&night, &blob)).unwrap();
    assert_objects(&night, "it is borrowed from");
    put(&loose(&night, &blob), &bytes);
    assert_whole(&night);
    // Git reads a pack, also one that is lent, before what is loose here.
    file_pack(&lender, "evil", &[(&blob, packed_blob(b"evil = True\n"))]);
    assert_eq!(night.git(&["show", "countersign/approved:train.py"]), "evil = True");
    assert_objects(&night, "evil.pack: its content has a different name");
    // By way of another lender, named by a path from there.
    let third = night.folder().join("third/objects");
    std::fs::create_dir_all(third.join("info")).unwrap();
    std::fs::write(third.join("info/alternates"), "../../lender/objects\n").unwrap();
    night.write(".git/objects/info/alternates", format!("{}\n", third.display()));
    assert_objects(&night, "evil.pack: its content has a different name");
    // In a circle.
    std::fs::create_dir_all(lender.join("info")).unwrap();
    std::fs::write(lender.join("info/alternates"), format!("{}\n", third.display())).unwrap();
    assert_objects(&night, "evil.pack: its content has a different name");
}

#[test]
fn nothing_in_the_place_of_an_object_is_waited_for_or_grows_without_end() {
    let night = decided();
    let blob = named(&night, ":train.py");
    let objects = night.path(".git/objects");
    let kept = night.copy_all();
    // Opened while all is well: what would be waited for is refused when a repository is opened.
    let before = night.watched_before();
    let look = |_: &Loop| look_by(&before);
    let shell = |command: &str| {
        let out = Command::new("sh").current_dir(&objects).args(["-c", command]).output().unwrap();
        assert!(out.status.success(), "{command}: {}", String::from_utf8_lossy(&out.stderr));
    };
    let place = format!("{}/{}", &blob[..2], &blob[2..]);
    for (command, words) in [
        (format!("rm {place}; mkfifo {place}"), "it is not a regular file"),
        (format!("rm {place}; ln -s /dev/zero {place}"), "it is not a regular file"),
        (format!("rm {place}; ln -s {place} {place}"), "it is not a regular file"),
        (format!("rm {place}; mkdir {place}"), "it is not a regular file"),
        (
            format!("cp -r {} away; rm -rf {}; ln -s away {}", &blob[..2], &blob[..2], &blob[..2]),
            "its directory is a symlink",
        ),
        ("mkfifo pack/a.pack; mkfifo pack/a.idx".to_owned(), "a.pack: it is not a regular file"),
        ("touch pack/a.pack; mkfifo pack/a.idx".to_owned(), "a.idx: it cannot be read: this is not a regular file"),
        ("touch pack/a.pack; truncate -s 4G pack/a.idx".to_owned(), "a.idx: it is not a version 2 index"),
        ("mkfifo pack/multi-pack-index".to_owned(), "multi-pack-index: it cannot be read"),
        ("mkdir -p info; mkfifo info/commit-graph".to_owned(), "commit-graph: it cannot be read"),
        ("mkdir -p info; mkfifo info/alternates".to_owned(), "alternates: it cannot be read"),
    ] {
        shell(&command);
        // Where libgit2 would wait for it, another part of the program has to see it first: only the reader is asked.
        let found = look(&night);
        assert!(found.iter().any(|line| line.contains(words)), "{command}: {found:?}");
        night.put_back(&kept);
    }
    // A gigabyte of nothing in a megabyte, and more gigabytes than there are.
    let nothing = vec![0; 1 << 20];
    let mut bomb = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    bomb.write_all(b"blob 12\0").unwrap();
    (0..1024).for_each(|_| bomb.write_all(&nothing).unwrap());
    put(&loose(&night, &blob), &bomb.finish().unwrap());
    assert!(look(&night)[0].contains("it is longer than its header says"));
    put(&loose(&night, &blob), &zipped(b"blob 99999999999\0x"));
    assert!(look(&night)[0].contains("its header says 99999999999 bytes"), "{:?}", look(&night));
    put(&loose(&night, &blob), &zipped(b"blob 4999999999\0x"));
    assert!(look(&night)[0].contains("it is shorter than its header says"));
    night.put_back(&kept);
    // Two that are built from each other, one from itself, one from nothing, one with a length that is none.
    let other = named(&night, ":prepare.py");
    let mut pair = [blob.as_str(), other.as_str()];
    pair.sort_unstable();
    let on = |base: &str| {
        let difference = [5, 4, 0x90, 4];
        [head(ON_ANOTHER, difference.len() as u64), raw(base).to_vec(), zipped(&difference)].concat()
    };
    for (entries, words) in [
        (vec![(pair[0], on(pair[1])), (pair[1], on(pair[0]))], "its delta chain is too long"),
        (vec![(blob.as_str(), on(&blob))], "its delta chain is too long"),
        (vec![(blob.as_str(), on(&"ab".repeat(20)))], "its delta base is not in the pack"),
        (vec![(blob.as_str(), vec![0xff; 40])], "its length is invalid"),
        (vec![(blob.as_str(), [head(BLOB, 1 << 40), zipped(b"x")].concat())], "not hashed: its header says"),
        (vec![(blob.as_str(), [head(5, 1), zipped(b"x")].concat())], "git does not know its type"),
    ] {
        file_pack(&objects, "evil", &entries);
        let found = look(&night);
        assert!(found[0].contains(words), "{words}: {found:?}");
    }
}

/// What the reader itself says of the branch.
fn look(a_loop: &Loop) -> Vec<String> {
    look_by(&a_loop.watched_before())
}

fn look_by(watched: &Before) -> Vec<String> {
    let id = |name: &str| name.parse().unwrap();
    let branch =
        countersign::repo::Branch { tips: &[id(&watched.tip)], start: id(&watched.start), memory: None, anew: true };
    countersign::repo::check_contents(&watched.repo, &branch).unwrap().objections
}

struct Before {
    repo: countersign::repo::Repo,
    tip: String,
    start: String,
}

impl Loop {
    /// The repository as it can be opened while its object store is hostile: by its references alone.
    fn watched_before(&self) -> Before {
        let read = |name: &str| std::fs::read_to_string(self.path(name)).unwrap().trim().to_owned();
        Before {
            repo: countersign::repo::Repo::open(self.dir()).unwrap(),
            tip: read(".git/refs/heads/countersign/approved"),
            start: read(".git/refs/heads/master"),
        }
    }
}

/// True on a file system of which it is known that each change moves a file's times.
fn remembers() -> bool {
    let kind = std::process::Command::new("stat").args(["-f", "-c", "%T"]).arg(std::env::temp_dir()).output().unwrap();
    ["ext2/ext3", "xfs", "btrfs", "f2fs"].contains(&String::from_utf8_lossy(&kind.stdout).trim())
}

#[test]
fn what_did_not_move_is_not_hashed_again_and_what_moved_is() {
    if !remembers() {
        return;
    }
    let night = decided();
    let (objects, hashed) = numbers(&night, &[]);
    assert!(hashed >= objects);
    // What changed a moment ago may change again within one tick of the clock, and is not remembered yet.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while numbers(&night, &[]).1 > 0 {
        assert!(std::time::Instant::now() < end, "it is never remembered");
    }
    assert_eq!(numbers(&night, &["--all"]).1, hashed);
    assert_eq!(numbers(&night, &[]).1, 0);
    // A third decision: its commit, folder and file, and nothing else.
    night.approve(&night.waiting()[0]).unwrap();
    assert_eq!(numbers(&night, &[]), (objects + 3, 3));
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while numbers(&night, &[]).1 > 0 {
        assert!(std::time::Instant::now() < end, "it is never remembered");
    }
    let hashed = hashed + 3;
    // Another content of the same length and with the old times.
    let blob = named(&night, ":train.py");
    let path = loose(&night, &blob);
    let was = std::fs::metadata(&path).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() - 3;
    bytes[at] ^= 1;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all(&bytes).unwrap();
    file.set_times(std::fs::FileTimes::new().set_modified(was.modified().unwrap())).unwrap();
    drop(file);
    assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), was.modified().unwrap());
    assert_objects(&night, &format!("object {blob}"));
    bytes[at] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(numbers(&night, &[]).1, 1, "that one alone");
    // A copy that comes later is looked at, however well the others are known.
    file_pack(&night.path(".git/objects"), "evil", &[(&blob, packed_blob(b"evil"))]);
    assert_objects(&night, "evil.pack");
    std::fs::remove_file(night.path(".git/objects/pack/evil.idx")).unwrap();
    // The memory is the person's. Without it, or with half of it, everything is hashed.
    let memory = std::fs::read_dir(night.state().join("hashed")).unwrap().flatten().next().unwrap().path();
    let whole = std::fs::read(&memory).unwrap();
    std::fs::write(&memory, &whole[..whole.len() / 2]).unwrap();
    assert!(numbers(&night, &[]).1 > 0);
    std::fs::write(&memory, "nonsense").unwrap();
    assert_eq!(numbers(&night, &[]).1, hashed);
    std::fs::remove_file(&memory).unwrap();
    std::fs::create_dir(&memory).unwrap();
    let (code, text) = night.verify(&[]);
    assert!(code == Some(0), "{text}");
}

#[test]
fn a_store_that_is_packed_meanwhile_is_no_objection() {
    let night = decided();
    std::thread::scope(|scope| {
        let packing = scope.spawn(|| {
            for round in 0..12 {
                night.git(&["repack", "-q", "-a", "-d", "-f", if round % 2 == 0 { "--depth=1" } else { "--depth=9" }]);
                night.git(&["prune-packed", "-q"]);
            }
        });
        while !packing.is_finished() {
            let found = look(&night);
            assert!(found.is_empty(), "{found:?}");
        }
        packing.join().unwrap();
    });
}

/// Any byte of the store changed: either `verify` says so, or git shows what it showed before.
#[test]
fn whatever_byte_of_the_store_is_changed_it_is_named_or_makes_no_difference() {
    let night = decided();
    let mut chance = Chance(17);
    for form in ["loose", "packed", "tables"] {
        match form {
            "packed" => drop(night.git(&["repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=50"])),
            "tables" => {
                night.git(&["multi-pack-index", "write"]);
                night.git(&["commit-graph", "write", "--reachable"]);
            }
            _ => {}
        }
        let before = shown_by_git(&night).unwrap();
        let objects = night.path(".git/objects");
        let listing = Command::new("find").arg(&objects).args(["-type", "f"]).output().unwrap();
        let mut files: Vec<PathBuf> = String::from_utf8(listing.stdout).unwrap().lines().map(PathBuf::from).collect();
        files.sort();
        let mut named = HashMap::new();
        for _ in 0..60 {
            let path = &files[chance.below(files.len())];
            let bytes = std::fs::read(path).unwrap();
            let mut bad = bytes.clone();
            let at = chance.below(bad.len());
            bad[at] ^= 1 << chance.below(8);
            put(path, &bad);
            let is_named = !look(&night).is_empty();
            *named.entry(is_named).or_insert(0) += 1;
            assert!(
                is_named || shown_by_git(&night).as_ref() == Some(&before),
                "{form}: {}, byte {at}",
                path.display()
            );
            put(path, &bytes);
        }
        assert!(look(&night).is_empty(), "{form}");
        assert!(named.get(&true).is_some_and(|count| *count > 5), "{form}: {named:?}");
    }
}

/// Stores through a mapping move no time of the file while the system keeps them in memory.
#[test]
fn what_is_stored_through_a_mapping_is_hashed_again() {
    if !remembers() {
        return;
    }
    let night = decided();
    let blob = named(&night, ":train.py");
    let path = loose(&night, &blob);
    let content = night.git(&["cat-file", "blob", &blob]) + "\n";
    let code = "\
import mmap, os, sys, zlib
path, content = sys.argv[1], open(sys.argv[2], 'rb').read()
whole = lambda text: zlib.compress(b'blob %d\\0' % len(text) + text, 0)
os.chmod(path, 0o644)
open(path, 'wb').write(whole(content))
file = open(path, 'r+b')
held = mmap.mmap(file.fileno(), 0)
os.fsync(file.fileno())
held[0:1] = held[0:1]
print('mapped', flush=True)
sys.stdin.readline()
held[:] = whole((b'EVIL = 1 #' + content)[:len(content)])
print('stored', flush=True)
sys.stdin.readline()
";
    let text = night.folder().join("content");
    std::fs::write(&text, content).unwrap();
    let mut child = std::process::Command::new("python3")
        .args(["-c", code])
        .args([&path, &text])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    assert_eq!(lines.next().unwrap().unwrap(), "mapped");
    // What changed a moment ago is not remembered yet.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while numbers(&night, &[]).1 > 0 {
        assert!(std::time::Instant::now() < end, "it is never remembered");
    }
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"go\n").unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "stored");
    assert_objects(&night, &format!("object {blob}"));
    drop(stdin);
    child.wait().unwrap();
}
