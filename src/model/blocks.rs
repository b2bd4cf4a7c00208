//! A list whose copies share the unchanged blocks.

use std::ops::{Index, IndexMut, Range};
use std::sync::Arc;

/// Values in one block: a change copies one block, and a copy of the list copies one pointer per block.
const SIZE: usize = 64;

/// A list whose copies share blocks of values. Copying a list of 10,000 values copies 157 pointers, and changing one
/// value copies the block that contains it.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocks<T> {
    /// All of [`SIZE`], except the last.
    blocks: Vec<Arc<Vec<T>>>,
    len: usize,
}

impl<T> Blocks<T> {
    /// Number of values.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if the list is empty.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the value at an index; `None` past the end.
    pub fn get(&self, place: usize) -> Option<&T> {
        self.blocks.get(place / SIZE)?.get(place % SIZE)
    }

    /// Returns the last value; `None` in an empty list.
    pub fn last(&self) -> Option<&T> {
        self.blocks.last()?.last()
    }

    /// Returns the values in order.
    pub fn iter(&self) -> Iter<'_, T> {
        self.range(0..self.len)
    }

    /// Returns the values in an index range, in order. Indices past the end are ignored.
    pub fn range(&self, places: Range<usize>) -> Iter<'_, T> {
        Iter { of: self, places: places.start.min(self.len)..places.end.min(self.len) }
    }
}

impl<T: Clone> Blocks<T> {
    /// Copies the values into a vector.
    pub fn to_vec(&self) -> Vec<T> {
        self.iter().cloned().collect()
    }

    /// Appends a value.
    pub fn push(&mut self, value: T) {
        match self.blocks.last_mut() {
            Some(last) if last.len() < SIZE => Arc::make_mut(last).push(value),
            _ => self.blocks.push(Arc::new(vec![value])),
        }
        self.len += 1;
    }
}

impl<T> Default for Blocks<T> {
    fn default() -> Self {
        Self { blocks: Vec::new(), len: 0 }
    }
}

impl<T> Index<usize> for Blocks<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        &self.blocks[place / SIZE][place % SIZE]
    }
}

impl<T: Clone> IndexMut<usize> for Blocks<T> {
    fn index_mut(&mut self, place: usize) -> &mut T {
        &mut Arc::make_mut(&mut self.blocks[place / SIZE])[place % SIZE]
    }
}

impl<T: Clone> FromIterator<T> for Blocks<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut all = Self::default();
        values.into_iter().for_each(|value| all.push(value));
        all
    }
}

impl<'a, T> IntoIterator for &'a Blocks<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// Iterates over the values of [`Blocks`] from either end.
#[derive(Clone, Debug)]
pub struct Iter<'a, T> {
    of: &'a Blocks<T>,
    places: Range<usize>,
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        self.of.get(self.places.next()?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

impl<T> DoubleEndedIterator for Iter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.of.get(self.places.next_back()?)
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_changed_copy_leaves_the_original_unchanged(
            values in prop::collection::vec(0_u8.., 0..300),
            changes in prop::collection::vec((0_usize..300, 0_u8..), 0..20),
        ) {
            let before: Blocks<u8> = values.iter().copied().collect();
            let (mut after, mut plain) = (before.clone(), values.clone());
            for (place, value) in changes {
                if place < plain.len() {
                    after[place] = value;
                    plain[place] = value;
                } else {
                    after.push(value);
                    plain.push(value);
                }
            }
            prop_assert!(after.iter().copied().eq(plain.iter().copied()));
            prop_assert!(after.iter().rev().copied().eq(plain.iter().rev().copied()));
            prop_assert_eq!(after.last(), plain.last());
            prop_assert_eq!((after.len(), after.get(plain.len())), (plain.len(), None));
            prop_assert!(before.iter().copied().eq(values));
        }
    }
}
