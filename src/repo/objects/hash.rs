//! Object names: SHA-1 of type, length and content.

use sha1_checked::{Digest as _, Sha1};

use super::{Id, ObjectFault};

/// The type of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum ObjectKind {
    Commit,
    Tree,
    Blob,
    Tag,
}

impl ObjectKind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }

    /// Returns its number in packs.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Commit => 1,
            Self::Tree => 2,
            Self::Blob => 3,
            Self::Tag => 4,
        }
    }

    pub(super) fn numbered(number: u8) -> Option<Self> {
        [Self::Commit, Self::Tree, Self::Blob, Self::Tag].into_iter().find(|kind| kind.number() == number)
    }

    pub(super) fn of_word(word: &[u8]) -> Option<Self> {
        [Self::Commit, Self::Tree, Self::Blob, Self::Tag].into_iter().find(|kind| kind.word().as_bytes() == word)
    }
}

/// A name that is being computed. Content with the marks of a known SHA-1 collision attack has no name.
pub(super) struct Naming(Sha1);

impl Naming {
    pub(super) fn begin(kind: ObjectKind, size: u64) -> Self {
        let mut hash = Sha1::new();
        hash.update(format!("{} {size}\0", kind.word()).as_bytes());
        Self(hash)
    }

    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn end(self) -> Result<Id, ObjectFault> {
        let result = self.0.try_finalize();
        if result.has_collision() {
            return Err(ObjectFault::bad("it was crafted to share its name with other content (a SHA-1 collision)"));
        }
        let mut id = [0; 20];
        id.copy_from_slice(result.hash());
        Ok(id)
    }

    pub(super) fn of(kind: ObjectKind, bytes: &[u8]) -> Result<Id, ObjectFault> {
        let mut naming = Self::begin(kind, bytes.len() as u64);
        naming.take(bytes);
        naming.end()
    }
}
