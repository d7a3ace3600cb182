//! What the weather does.

use papo_protocol::session::Input;
use papo_protocol::{ClientMessageId, MessageText};

use super::{Event, World};
use crate::trace::Who;
use crate::weather::Deed;

impl Deed {
    /// Whose it is, if it is a client's.
    pub(super) fn client(self) -> Option<usize> {
        match self {
            Self::Say(client)
            | Self::Break(client)
            | Self::Reload(client)
            | Self::Sleep(client, _)
            | Self::Look(client)
            | Self::ScrollUp(client)
            | Self::Compose(client, _) => Some(client),
            Self::LoseTable | Self::Forget(_) => None,
        }
    }
}

impl World {
    pub(super) fn commit(&mut self, deed: Deed) {
        match deed {
            Deed::Say(client) => self.says(client),
            Deed::Break(client) => self.breaks(client),
            Deed::Reload(client) => self.reloads(client),
            Deed::Sleep(client, time) => self.sleeps(client, time),
            Deed::Look(client) => {
                self.note(Who::Client(client), || "looks at the page".to_owned());
                self.input(client, Input::TryNow);
            }
            Deed::ScrollUp(client) => self.input(client, Input::Earlier),
            Deed::Compose(client, writes) => self.input(client, Input::Composing(writes)),
            Deed::LoseTable => {
                self.ledger.deeds.tables_lost += 1;
                self.note(Who::Fate, || "the table is lost".to_owned());
                self.backend.log.lose();
                // It takes longer to make another one than any frame is under way.
                self.backend.stop();
                self.events
                    .retain(|_, event| !matches!(event, Event::AtClient(..) | Event::AtServer(..)));
            }
            Deed::Forget(time) => {
                self.ledger.deeds.expiries += 1;
                self.note(Who::Fate, || "all that was said expires".to_owned());
                self.ahead += time;
                self.backend.sweep(self.now + self.ahead);
            }
        }
    }

    fn says(&mut self, client: usize) {
        let text = self.name("m");
        // Letters and digits are a name and a text.
        let (Ok(id), Ok(text)) = (
            ClientMessageId::parse(text.clone()),
            MessageText::parse(text),
        ) else {
            return;
        };
        self.ledger.said += 1;
        self.clients[client].said.push(id.clone());
        self.note(Who::Client(client), || format!("says {id}"));
        let said_at = 0;
        self.input(client, Input::Say { id, text, said_at });
    }

    fn reloads(&mut self, client: usize) {
        self.ledger.deeds.reloads += 1;
        let (knows_its_ids, says_goodbye) = (self.random.bool(), self.random.bool());
        self.note(Who::Client(client), || "loads the page again".to_owned());
        for id in self.clients[client].reload(knows_its_ids).into_values() {
            if says_goodbye {
                self.backend.net.close(&id);
            } else {
                let learns = self.now + self.random.u64(1_000..100_000);
                self.at(learns, Event::Ends(id));
            }
        }
        self.input(client, Input::Start);
    }

    fn sleeps(&mut self, client: usize, time: u64) {
        // Nobody sleeps into the calm: what is checked there needs everybody.
        let until = (self.now + time).min(self.weather.storm);
        self.ledger.deeds.sleeps += 1;
        self.clients[client].sleeps_until = until;
        self.note(Who::Client(client), || {
            format!("sleeps until {}.{:03}", until / 1_000, until % 1_000)
        });
        if self.random.bool() {
            for id in self.clients[client].sockets.values() {
                self.backend.net.close(id);
            }
        }
    }
}
