//! A set of clients.

/// A set of clients, one bit each: 5,000 clients and 10,000 messages in flight take 6 MB.
#[derive(Clone, Debug)]
pub(super) struct Clients {
    words: Box<[u64]>,
    count: usize,
}

impl Clients {
    /// An empty set with room for clients 0 to `capacity`.
    pub(super) fn none(capacity: usize) -> Self {
        Self {
            words: vec![0; capacity.div_ceil(64)].into(),
            count: 0,
        }
    }

    /// Whether the set contains `client`.
    pub(super) fn contains(&self, client: usize) -> bool {
        let word = self.words.get(client / 64);
        word.is_some_and(|word| word & (1 << (client % 64)) != 0)
    }

    /// Adds `client`, if there is room for it.
    pub(super) fn insert(&mut self, client: usize) {
        if !self.contains(client)
            && let Some(word) = self.words.get_mut(client / 64)
        {
            *word |= 1 << (client % 64);
            self.count += 1;
        }
    }

    /// Removes `client`. Returns whether it was in the set.
    pub(super) fn remove(&mut self, client: usize) -> bool {
        let contained = self.contains(client);
        if contained {
            self.words[client / 64] &= !(1 << (client % 64));
            self.count -= 1;
        }
        contained
    }

    /// The number of clients in the set.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Whether the set is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_counted_once() {
        let mut clients = Clients::none(65);
        for client in [0, 64, 64, 1_000] {
            clients.insert(client);
        }
        assert_eq!(clients.count(), 2);
        assert!(clients.contains(64) && !clients.contains(63) && !clients.contains(1_000));
        assert!(clients.remove(64) && !clients.remove(64) && !clients.remove(1_000));
        assert!(clients.remove(0) && clients.is_empty());
    }
}
