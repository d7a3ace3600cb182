//! `$connect` and `$disconnect`: a row comes, a row goes.
//!
//! API Gateway holds the handshake until the row is written, so whoever is connected is in the table. `$disconnect` is best
//! effort; rows that it leaves behind go with the next broadcast, the clean-up or their time to live.

use lambda_runtime::LambdaEvent;
use tracing::Instrument;

use crate::error::Error;
use crate::event::{Done, RequestContext, WebSocketEvent};
use crate::store::{PutConnection, RemoveConnection, Row};

/// Serves one invocation.
///
/// # Errors
///
/// [`Error`] if the table could not be written, or the event is none of these two routes'. It has been logged.
pub async fn handle(
    store: &(impl PutConnection + RemoveConnection),
    event: LambdaEvent<WebSocketEvent>,
) -> Result<Done, Error> {
    let about = event.payload.request_context;
    let span = about.span(&event.context);
    async { follow(store, &about).await.map_err(Error::logged) }
        .instrument(span)
        .await
}

async fn follow(
    store: &(impl PutConnection + RemoveConnection),
    about: &RequestContext,
) -> Result<Done, Error> {
    match about.route_key.as_str() {
        "$connect" => {
            let connected_at = about.connected_at().map_err(|_| Error::IncompleteEvent {
                field: "connectedAt",
            })?;
            store
                .put(&Row::new(about.connection_id.clone(), connected_at))
                .await?;
            tracing::info!("connected");
        }
        "$disconnect" => {
            store.remove(&about.connection_id).await?;
            tracing::info!(closeCode = about.disconnect_status_code, "disconnected");
        }
        other => {
            return Err(Error::UnexpectedRoute {
                route: other.to_owned(),
            });
        }
    }
    Ok(Done::OK)
}
