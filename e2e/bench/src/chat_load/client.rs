//! One client: connects, sends the messages it is assigned, and reports the frames it receives.

use std::rc::Rc;

use futures::{SinkExt as _, StreamExt as _};
use papo_protocol::{
    self as protocol, Action, ClientMessageId, Event, LogEntry, MessageText, PersonName,
    ServerFrame,
};
use tokio::sync::{Semaphore, mpsc};
use tokio_tungstenite::tungstenite::Message;

use super::connector::{Connector, Socket, kind};
use super::shared::Shared;

/// Marks messages of this program.
const PREFIX: &str = "load-";

/// How a client's attempt to connect ended.
pub(super) enum Outcome {
    /// It is connected and sends the messages whose numbers arrive through this channel. It disconnects when the sender is dropped.
    Connected(mpsc::UnboundedSender<u64>),
    /// It could not connect; the reason has been counted.
    Failed,
}

/// One client.
pub(super) struct Client {
    /// Counted from 0; names it in the ledger.
    pub(super) number: usize,
    pub(super) shared: Rc<Shared>,
    pub(super) connector: Rc<Connector>,
    /// Length of its messages, in bytes.
    pub(super) size: usize,
    /// Whether its messages have a `clientMessageId`.
    pub(super) with_ids: bool,
    /// Whether it introduces itself.
    pub(super) introduced: bool,
}

impl Client {
    /// Connects once a permit of `handshakes` is free. Runs until its orders end or the connection is lost.
    pub(super) async fn live(
        self,
        handshakes: Rc<Semaphore>,
        opened: mpsc::UnboundedSender<Outcome>,
    ) {
        let connected = {
            // The semaphore is never closed.
            let _permit = handshakes.acquire().await;
            // Boxed: the handshake's future is large, and would otherwise take that memory for the whole connection.
            Box::pin(self.connect()).await
        };
        let (sender, orders) = mpsc::unbounded_channel();
        match connected {
            Ok(socket) => {
                self.shared.ledger.borrow_mut().joined(self.number);
                let _ = opened.send(Outcome::Connected(sender));
                drop((handshakes, opened));
                if let Err(fault) = self.talk(socket, orders).await {
                    self.fault(fault);
                }
                self.shared.ledger.borrow_mut().left(self.number);
            }
            Err(fault) => {
                self.shared.faults.borrow_mut().count(fault);
                let _ = opened.send(Outcome::Failed);
            }
        }
    }

    /// Opens a connection, with an introduction if `introduced` is set. The error is the kind of fault.
    async fn connect(&self) -> Result<Socket, String> {
        let mut socket = self.connector.connect().await?;
        if self.introduced {
            tokio::time::timeout(self.connector.timeout, self.introduce(&mut socket))
                .await
                .unwrap_or_else(|_| Err("no answer in time".to_owned()))
                .map_err(|reason| format!("not introduced: {reason}"))?;
        }
        Ok(socket)
    }

    async fn introduce(&self, socket: &mut Socket) -> Result<(), String> {
        let introduction = Action::Connected {
            name: PersonName::parse(&format!("Ana {}", self.number)).ok(),
            key: None,
            resume: None,
        };
        let frame = Message::text(introduction.to_json());
        socket.send(frame).await.map_err(|error| kind(&error))?;
        while let Some(frame) = socket.next().await {
            if let Message::Text(text) = frame.map_err(|error| kind(&error))?
                && let Ok(ServerFrame::Event(Event::Connected(_))) = ServerFrame::parse(&text)
            {
                return Ok(());
            }
        }
        Err("disconnected".to_owned())
    }

    /// Sends and receives. The error is the kind of fault that ended the connection.
    async fn talk(
        &self,
        mut socket: Socket,
        mut orders: mpsc::UnboundedReceiver<u64>,
    ) -> Result<(), String> {
        loop {
            tokio::select! {
                frame = socket.next() => match frame {
                    Some(Ok(Message::Text(text))) => self.received(&text),
                    Some(Ok(Message::Close(frame))) => {
                        let code = frame.map_or(1005, |frame| frame.code.into());
                        return Err(format!("disconnected: {code}"));
                    }
                    Some(Ok(Message::Binary(_))) => self.fault("received: a binary frame"),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(format!("disconnected: {}", kind(&error))),
                    None => return Err("disconnected: 1006".to_owned()),
                },
                order = orders.recv() => {
                    let Some(number) = order else {
                        // The run is over; later frames are discarded.
                        let _ = socket.close(None).await;
                        while let Some(Ok(_)) = socket.next().await {}
                        return Ok(());
                    };
                    match socket.send(Message::text(self.message(number))).await {
                        Ok(()) => {
                            let at = self.shared.begun.elapsed();
                            self.shared.ledger.borrow_mut().sent(number, at);
                        }
                        Err(error) => {
                            self.shared.ledger.borrow_mut().not_sent(number);
                            return Err(format!("not sent: {}", kind(&error)));
                        }
                    }
                }
            }
        }
    }

    /// The frame for message `number`. The text starts with the tag too, because not every back end returns `clientMessageId`.
    fn message(&self, number: u64) -> String {
        let tag = format!("{PREFIX}{}-{number}", self.shared.run.borrow());
        let client_message_id = ClientMessageId::parse(tag.as_str()).ok();
        let client_message_id = client_message_id.filter(|_| self.with_ids);
        let mut text = tag;
        if text.len() < self.size {
            text.push(' ');
            text.extend(std::iter::repeat_n('.', self.size - text.len()));
        }
        // Always valid: the command line limits the size, and the text is ASCII.
        MessageText::parse(text)
            .map(|message| Action::SendMessage {
                message,
                client_message_id,
                reply_to: None,
            })
            .map(|action| action.to_json())
            .unwrap_or_default()
    }

    fn received(&self, frame: &str) {
        match ServerFrame::parse(frame) {
            Ok(ServerFrame::Event(Event::Message(message))) => self.messages([&message]),
            Ok(ServerFrame::Event(Event::Entries(list))) => {
                self.messages(list.entries.iter().filter_map(|entry| match entry {
                    LogEntry::Message(message) => Some(message),
                    LogEntry::Change(_) => None,
                }));
            }
            Ok(ServerFrame::Event(Event::Error(refusal))) => {
                let about = refusal.client_message_id.as_ref();
                if let Some(number) = about.and_then(|id| self.number(id.as_str())) {
                    self.shared.ledger.borrow_mut().not_sent(number);
                }
                self.fault(format!("refused: {}", refusal.code.as_str()));
            }
            Ok(ServerFrame::Gateway(error)) => match self.number_in(&error.message) {
                None => self.fault(format!("gateway: {}", error.message)),
                // A bare broadcast server sends the action itself, which looks like an error of API Gateway.
                number => self.delivered(number),
            },
            Ok(ServerFrame::Event(_) | ServerFrame::Unknown { .. }) => {}
            Err(_) => self.fault("received: a frame that is not an event"),
        }
    }

    /// Notes the arrival of a frame with messages.
    fn messages<'a>(&self, messages: impl IntoIterator<Item = &'a protocol::Message>) {
        self.shared.ledger.borrow_mut().frame();
        for message in messages {
            let id = message.client_message_id.as_ref();
            let id = id.and_then(|id| self.number(id.as_str()));
            self.delivered(id.or_else(|| self.number_in(&message.message)));
        }
    }

    /// Notes the arrival of a message. Without a number, another program has sent it.
    fn delivered(&self, number: Option<u64>) {
        let Some(number) = number else {
            return;
        };
        let at = self.shared.begun.elapsed();
        if self
            .shared
            .ledger
            .borrow_mut()
            .delivered(self.number, number, at)
        {
            self.shared.settled.notify_one();
        }
    }

    fn number_in(&self, text: &str) -> Option<u64> {
        self.number(text.split(' ').next().unwrap_or_default())
    }

    fn number(&self, tag: &str) -> Option<u64> {
        number(tag, &self.shared.run.borrow())
    }

    fn fault(&self, kind: impl Into<String>) {
        self.shared.faults.borrow_mut().count(kind);
        self.shared.settled.notify_one();
    }
}

/// The number of the message with this tag, if it belongs to this run.
fn number(tag: &str, run: &str) -> Option<u64> {
    let rest = tag.strip_prefix(PREFIX)?.strip_prefix(run)?;
    rest.strip_prefix('-')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_by_its_tag_if_it_is_of_this_run() {
        assert_eq!(number("load-0a1b-17", "0a1b"), Some(17));
        for tag in ["load-0a1b-", "load-ffff-17", "0a1b-17", "", "load-0a1b-x"] {
            assert_eq!(number(tag, "0a1b"), None, "{tag}");
        }
    }
}
