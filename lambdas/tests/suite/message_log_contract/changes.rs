//! Entries about a message.

use papo_lambdas::message_log::{CommitOutcome, Entry, MessageLog};
use papo_protocol::{
    ChangeEntry, ChangeKind, ClientMessageId, Epoch, Message, PersonId, Range, RoomName, Seq,
};

use super::{EXPIRES, SENT, message};

/// Edits are listed on their message, and a deletion removes the texts of the message and its edits.
pub(super) async fn changes_a_message_with_its_entry(log: &impl MessageLog) {
    let room = RoomName::parse("changes").unwrap();
    let epoch = Epoch::new("e");
    log.begin(&room, &epoch).await.unwrap();
    let ana = PersonId::new("ana");
    let message = Message {
        person_id: Some(ana.clone()),
        ..message("antes", None)
    };
    let original = Entry::new(1, message, EXPIRES);
    let edit = |seq: Seq| {
        let kind = ChangeKind::Edit {
            message: "depois".to_owned(),
            deleted: false,
        };
        let edit = ChangeEntry::new(kind, 1, SENT, ana.clone());
        Entry::new(seq, edit, EXPIRES)
    };
    let delete = |seq: Seq| {
        let delete = ChangeEntry {
            client_message_id: ClientMessageId::parse("c-delete").ok(),
            ..ChangeEntry::new(ChangeKind::Delete, 1, SENT, ana.clone())
        };
        Entry::new(seq, delete, EXPIRES)
    };
    let commit = async |entry: &Entry, target: Option<&Entry>| {
        log.commit(&room, &epoch, entry, target).await.unwrap()
    };
    let all = async || {
        log.entries(&room, Range::After(0), 10)
            .await
            .unwrap()
            .entries
    };
    assert_eq!(commit(&original, None).await, CommitOutcome::Committed);
    assert_eq!(
        commit(&edit(2), Some(&original)).await,
        CommitOutcome::Committed
    );
    let edited = original.clone().edited_by(vec![2]);
    assert_eq!(all().await, [edited.clone(), edit(2)]);
    assert_eq!(
        commit(&delete(3), Some(&original)).await,
        CommitOutcome::TargetChanged,
        "a deletion knows all edits, or it would leave their texts"
    );
    assert_eq!(
        commit(&edit(3), Some(&edited)).await,
        CommitOutcome::Committed
    );
    let edited = original.clone().edited_by(vec![2, 3]);
    assert_eq!(
        commit(&delete(4), Some(&edited)).await,
        CommitOutcome::Committed
    );
    let entries = all().await;
    assert_eq!(entries.len(), 4);
    assert!(!format!("{entries:?}").contains("antes"), "{entries:?}");
    assert!(!format!("{entries:?}").contains("depois"), "{entries:?}");
    assert_eq!(
        commit(&edit(5), Some(&edited)).await,
        CommitOutcome::TargetChanged
    );
    let id = ClientMessageId::parse("c-delete").unwrap();
    assert_eq!(log.seq_of(&room, &id).await.unwrap(), Some(4));
    let id = ClientMessageId::parse("c-unused").unwrap();
    assert_eq!(log.seq_of(&room, &id).await.unwrap(), None);
}
