// A chat page in the shape of the original: all state in one component, every message in the page, no memoisation, and a
// smooth scroll to the end after each message.

import { useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";

const time = new Intl.DateTimeFormat("pt-BR", { hour: "2-digit", minute: "2-digit" });

function Message({ message, own }) {
  return (
    <div className={own ? "message own" : "message"}>
      <div className="avatar">{message.connectionId.slice(0, 2)}</div>
      <div className="bubble">
        <p>{message.message}</p>
        <time>{time.format(message.requestTimeEpoch)}</time>
      </div>
    </div>
  );
}

function App() {
  const [messages, setMessages] = useState([]);
  const [text, setText] = useState("");
  const [id, setId] = useState(null);
  const socket = useRef(null);
  const end = useRef(null);

  useEffect(() => {
    const opened = new WebSocket(`ws://${location.host}/dev`);
    opened.onopen = () => opened.send(JSON.stringify({ action: "connected" }));
    opened.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.type === "connected") {
        setId(frame.connectionId);
      } else if (frame.message) {
        setMessages((earlier) => [...earlier, frame]);
      }
    };
    socket.current = opened;
    return () => opened.close();
  }, []);

  useEffect(() => {
    end.current.scrollIntoView({ behavior: "smooth" });
  }, [messages]);

  const send = (event) => {
    event.preventDefault();
    socket.current.send(JSON.stringify({ action: "sendMessage", message: text }));
    setText("");
  };

  return (
    <>
      <header>{id ? "Online" : "Offline"}</header>
      <main>
        {messages.map((message) => (
          <Message key={message.messageId} message={message} own={message.connectionId === id} />
        ))}
        <div ref={end} />
      </main>
      <form onSubmit={send}>
        <textarea rows={1} value={text} onChange={(event) => setText(event.target.value)} />
        <button>Send</button>
      </form>
    </>
  );
}

createRoot(document.getElementById("root")).render(<App />);
