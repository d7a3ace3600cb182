//! What a process remembers between invocations, in bounded memory.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The maximum number of keys.
const CAPACITY: usize = 1_000;

/// A map that forgets everything when a new key would exceed its capacity: whatever is in it can be read or estimated again.
#[derive(Debug)]
pub(crate) struct BoundedMap<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for BoundedMap<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Copy> BoundedMap<K, V> {
    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.lock().get(key).copied()
    }

    pub(crate) fn insert(&self, key: K, value: V) {
        self.update(key, |_| value);
    }

    /// Replaces the value of `key` by what `next` makes of it, atomically. Returns the new value.
    pub(crate) fn update(&self, key: K, next: impl FnOnce(Option<V>) -> V) -> V {
        let mut map = self.lock();
        if map.len() >= CAPACITY && !map.contains_key(&key) {
            map.clear();
        }
        let value = next(map.get(&key).copied());
        map.insert(key, value);
        value
    }

    /// A panic while the lock is held leaves complete entries behind, so the map is still valid.
    fn lock(&self) -> MutexGuard<'_, HashMap<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_everything_when_a_new_key_exceeds_the_capacity() {
        let map = BoundedMap::default();
        for key in 0..CAPACITY {
            map.insert(key, 1);
        }
        assert_eq!(map.update(0, |known| known.unwrap() + 1), 2);
        assert_eq!((map.get(&0), map.get(&1)), (Some(2), Some(1)));
        map.insert(CAPACITY, 3);
        assert_eq!((map.get(&0), map.get(&CAPACITY)), (None, Some(3)));
    }
}
