//! The life cycle of one client: admission, the 101 response, messages, `$disconnect`.
//!
//! It runs as its own task, not within the HTTP request, because a client may disconnect while `$connect` runs: if
//! `$connect` then succeeds, `$disconnect` must still follow.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use http::request::Parts;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tracing::info;

use crate::{
    admission::Handshake,
    api::{Api, Elapsed},
    connections::Connection,
    event::Origin,
    handshake::{self, Upgrade},
    headers::{Edge, Spelling},
    ids,
    respond::{self, Response},
    socket::{self, Ending},
};

/// How long the 101 response may take to reach the client.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);

/// A valid handshake.
pub(crate) struct Request {
    pub(crate) upgrade: Upgrade,
    pub(crate) parts: Parts,
    pub(crate) client: SocketAddr,
    pub(crate) spelling: Spelling,
}

/// Admits or refuses a client, and serves it once admitted. Returns the response to the handshake.
pub(crate) async fn handle(api: Arc<Api>, mut request: Request) -> Response {
    let Some(switched) = request.parts.extensions.remove::<OnUpgrade>() else {
        return respond::forbidden();
    };
    let (response, responded) = oneshot::channel();
    let tasks = api.clients.clone();
    tasks.spawn(serve(api, request, switched, response));
    responded
        .await
        .unwrap_or_else(|_| respond::empty(http::StatusCode::BAD_GATEWAY))
}

async fn serve(
    api: Arc<Api>,
    request: Request,
    switched: OnUpgrade,
    response: oneshot::Sender<Response>,
) {
    // Boxed, because a connection spends its life between the two futures: the task needs no space for them, and the request's
    // head is dropped early.
    let entering = Box::pin(enter(&api, request));
    let (connection, accepted) = match entering.await {
        Ok(entered) => entered,
        Err(refusal) => {
            let _ = response.send(refusal);
            return;
        }
    };
    let ending = match response.send(accepted) {
        Ok(()) => converse(&api, &connection, switched).await,
        Err(_) => Ending::Lost,
    };
    Box::pin(leave(&api, &connection, &ending)).await;
}

/// Asks the API whether to admit the client. Returns the connection with the 101 response, or the refusal.
async fn enter(api: &Api, handshake: Request) -> Result<(Arc<Connection>, Response), Response> {
    let arrived = Instant::now();
    let Request {
        upgrade,
        parts,
        client,
        spelling,
    } = handshake;
    let mut origin = origin(api, &parts, client);
    let id = origin.connection_id.clone();
    let request = api.request(origin.connected_at);
    let trace_id = ids::trace(request.time);
    let root = trace_id.split(';').next().unwrap_or_default();
    let handshake = Handshake {
        headers: &parts.headers,
        spelling: &spelling,
        edge: Edge {
            client: client.ip(),
            port: api.port,
            trace_id: root,
        },
        query: parts.uri.query(),
        trace_id: &trace_id,
    };
    match api.admit(&mut origin, &request, &handshake).await {
        Ok(protocol) => {
            info!(
                "connect    {id} from {client} in {}",
                Elapsed(arrived.elapsed())
            );
            let connection = api.connections.open(origin);
            Ok((connection, upgrade.accepted(protocol.as_deref())))
        }
        Err(refused) => {
            let reason = refused.reason.map(|reason| format!(" ({reason})"));
            info!(
                "refused    {id} from {client} with {}: {}{}",
                refused.status,
                refused.message,
                reason.unwrap_or_default()
            );
            Err(handshake::refused(
                refused.status,
                refused.message,
                &id,
                &request.id,
            ))
        }
    }
}

/// Removes the connection and runs `$disconnect`.
async fn leave(api: &Api, connection: &Connection, ending: &Ending) {
    let id = &connection.origin.connection_id;
    api.connections.remove(id);
    let (code, reason) = ending.reported();
    let lived = Elapsed(connection.age());
    info!(
        "disconnect {id} after {lived}: {code} {reason:?}, {}",
        ending.cause()
    );
    api.disconnect(&connection.origin, ending).await;
}

async fn converse(api: &Arc<Api>, connection: &Arc<Connection>, switched: OnUpgrade) -> Ending {
    let Ok(Ok(stream)) = timeout(UPGRADE_TIMEOUT, switched).await else {
        return Ending::Lost;
    };
    let deliver = |text: Utf8Bytes, in_flight| {
        let (api, connection) = (Arc::clone(api), Arc::clone(connection));
        // Timestamped here and not in the task: tasks start in any order, and clients order messages by their time.
        let request = api.request(api.clock.now());
        let tasks = api.clients.clone();
        tasks.spawn(async move { api.message(&connection, &request, &text, in_flight).await });
    };
    socket::converse(
        TokioIo::new(stream),
        connection,
        api.limits,
        &api.memory,
        &api.closing,
        deliver,
    )
    .await
}

fn origin(api: &Api, parts: &Parts, client: SocketAddr) -> Origin {
    let header = |name| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(ToOwned::to_owned)
    };
    let now = api.clock.now();
    Origin {
        api_id: api.spec.id.clone(),
        stage: api.spec.stage.clone(),
        domain_name: header(http::header::HOST)
            .unwrap_or_else(|| format!("localhost:{}", api.port)),
        connection_id: api.ids.connection(now),
        connected_at: now,
        source_ip: client.ip().to_string(),
        user_agent: header(http::header::USER_AGENT),
        authorizer: BTreeMap::new(),
        stage_variables: Arc::clone(&api.variables),
    }
}
